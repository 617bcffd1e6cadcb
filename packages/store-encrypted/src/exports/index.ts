export { type EncryptionOptions, encryptStore } from '../encryptStore.ts'
