import type { Authorization } from '../challenge/Authorization.ts'
import type { Address, Hash, Hex } from '../challenge/hex.ts'
import type { PaymentRef } from '../challenge/PaymentRef.ts'
import type { Submission } from '../challenge/Submission.ts'
import type { Journal, Submitted } from './Settler.ts'

/** A cause that stands against a refund right now. */
export type PayoutObstacle =
  /** It can pass by itself or by topping up: no gas, no balance, token paused. */
  | { readonly kind: 'passing'; readonly reason: string }
  /** Only a person can resolve it: payee blacklisted, signer not accepted by the token. */
  | { readonly kind: 'lasting'; readonly reason: string }

/**
 * Moves money out. Idempotent by construction: the nonce is a function of the payment, so the
 * token contract executes a refund at most once, whoever asks however often.
 */
export interface Payout {
  /** The payees whose keys this process holds. */
  readonly payees: Iterable<Address>

  /** Whether this process holds the key of the payment's own payee. */
  canSignFor(payee: Address): boolean

  /** keccak256(domain tag, chainId, token, paymentRef, sequence). */
  refundNonce(of: {
    readonly chainId: number
    readonly token: Address
    readonly paymentRef: PaymentRef
    readonly sequence: number
  }): Hash

  /** What stands against this refund now, if anything. Throws `CHAIN_UNREACHABLE`. */
  findObstacle(refund: {
    readonly token: Address
    readonly from: Address
    readonly to: Address
    readonly value: bigint
  }): Promise<PayoutObstacle | undefined>

  /** Signs as the payee. Throws `SIGNER_REFUSED`. */
  sign(token: Address, authorization: Authorization): Promise<Hex>

  /** Carries a signed refund to the chain in a transaction that any funded wallet may send. */
  carry(
    request: {
      readonly token: Address
      readonly authorization: Authorization & { readonly signature: Hex }
      readonly previous: readonly Submission[]
    },
    journal: Journal,
  ): Promise<Submitted>

  /**
   * Carries several at once, where the chain has a way: in one transaction, each succeeding or
   * failing alone. The transaction is journalled by every refund that is in it before it leaves; one
   * whose journal refuses is left out. One promise for each request, in their order, which settles
   * as `carry` would.
   */
  carryMany?(
    requests: readonly (Parameters<Payout['carry']>[0] & { readonly journal: Journal })[],
  ): readonly Promise<Submitted>[]
}
