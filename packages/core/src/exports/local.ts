export { decodeRecord, type EncodedRecord, encodeRecord } from '../challenge/recordCodec.ts'
export { createLocalStore, type LocalStoreOptions } from '../local/createLocalStore.ts'
export type { RecordIndex, Tables } from '../local/Tables.ts'
