export type { A2aBuyer, A2aDraft, CreateA2aBuyer, SeenTask } from '../a2a/A2aBuyer.ts'
export { a2aBuyers } from '../a2a/a2aBuyers.ts'
export { createLegacyA2aBuyer } from '../a2a/createLegacyA2aBuyer.ts'
export { createModernA2aBuyer } from '../a2a/modernBuyers.ts'
