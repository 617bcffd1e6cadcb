export { type EncryptionOptions, encryptStore, parseEncryptionKey } from '../encryptStore.ts'
