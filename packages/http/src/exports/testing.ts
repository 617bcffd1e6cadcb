export type { BadInput } from '../testing/BadInput.ts'
export { badInputs } from '../testing/badInputs.ts'
export { type Draft, paidDraft, toRequest } from '../testing/Draft.ts'
