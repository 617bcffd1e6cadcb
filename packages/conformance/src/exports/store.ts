/*
 * The laws of a `ChallengeStore`, as data. A law gets a `Rig` (the store, a second connection to
 * the same data, a clock to steer and a mint of challenges) and rejects when it is broken.
 */
export { LawBroken } from '../store/assert.ts'
export type { Case, Rig } from '../store/Case.ts'
export { createMint, type Mint, type Minted, type Payment } from '../store/createMint.ts'
export { createSteeredClock, type SteeredClock } from '../store/createSteeredClock.ts'
export { type DocumentRig, documentConformance } from '../store/documentConformance.ts'
export { documentLaws } from '../store/laws/documents.ts'
export type { ConformanceOptions, Law, Register } from '../store/registerLaws.ts'
export { type StoreConformanceOptions, storeConformance } from '../store/storeConformance.ts'
export { storeLaws } from '../store/storeLaws.ts'
