export { decodeRecord, type EncodedRecord, encodeRecord } from '../challenge/recordCodec.ts'
export { beatBySwap, type WitnessCell } from '../continuity/beatBySwap.ts'
export { createLocalStore, type LocalStoreOptions } from '../local/createLocalStore.ts'
export type { RecordIndex, Tables } from '../local/Tables.ts'
