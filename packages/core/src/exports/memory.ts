export { createMemoryStore } from '../memory/createMemoryStore.ts'
export { createMemoryTables } from '../memory/memoryTables.ts'
