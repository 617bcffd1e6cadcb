import type { Address, Hash, Hex } from './hex.ts'

/**
 * An EIP-3009 `TransferWithAuthorization` message. `value` is in the token's smallest unit;
 * `validAfter` and `validBefore` are Unix seconds, both exclusive bounds, as in the EIP.
 */
export type Authorization = {
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly validAfter: bigint
  readonly validBefore: bigint
  readonly nonce: Hash
}

/** An authorization with its payer's signature: 65 bytes for a key, longer for a contract. */
export type SignedAuthorization = Authorization & { readonly signature: Hex }
