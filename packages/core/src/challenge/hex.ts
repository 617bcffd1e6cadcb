/** A `0x`-prefixed hexadecimal string. */
export type Hex = `0x${string}`

/** A 20-byte account or contract address, EIP-55 checksummed where we emit it. */
export type Address = Hex

/** A 32-byte hash: of a transaction, a block, or an authorization's nonce. */
export type Hash = Hex

/** Addresses are equal whatever their checksum casing. */
export function sameAddress(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
