export { createMemoryStore } from '../memory/createMemoryStore.ts'
