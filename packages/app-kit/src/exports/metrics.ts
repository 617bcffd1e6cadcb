/*
 * Apart from the rest, because a command that ends at once measures nothing.
 */
export { addDebts, toNumber } from '../metrics/addDebts.ts'
export { createMeters, type Meters } from '../metrics/createMeters.ts'
