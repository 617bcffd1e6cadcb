export { createMemoryDocuments } from '../memory/createMemoryDocuments.ts'
export { createMemoryStore } from '../memory/createMemoryStore.ts'
export { createMemoryTables } from '../memory/memoryTables.ts'
