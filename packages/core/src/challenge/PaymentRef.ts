import type { Address, Hash } from './hex.ts'

declare const brand: unique symbol

/**
 * The one identity of a payment, on every path. A Transfer that directly follows its
 * `AuthorizationUsed` log is always named by the authorization; any other Transfer by its place
 * in its transaction. No transfer ever has two identities, so it can never be presented twice.
 */
export type PaymentRef = string & { readonly [brand]: 'PaymentRef' }

/** Names a payment made by an EIP-3009 authorization. */
export function authorizationRef(of: {
  readonly chainId: number
  readonly token: Address
  readonly from: Address
  readonly nonce: Hash
}): PaymentRef {
  return `auth:${of.chainId}:${of.token}:${of.from}:${of.nonce}`.toLowerCase() as PaymentRef
}

/** Names a payment made by a plain transfer: `ordinal` is the log's position inside its receipt. */
export function transferRef(of: {
  readonly chainId: number
  readonly token: Address
  readonly txHash: Hash
  readonly ordinal: number
}): PaymentRef {
  return `tx:${of.chainId}:${of.token}:${of.txHash}:${of.ordinal}`.toLowerCase() as PaymentRef
}
