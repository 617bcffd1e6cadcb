import type { Address, Hash } from '@key0/core'

type Common = {
  readonly challengeId: string
  /** The transaction of the payment that goes back. */
  readonly originalTxHash: Hash
  /** As written, such as `"$0.10"`. */
  readonly amount: string
  readonly toAddress: Address
}

/**
 * What became of one refund in one pass. `pending: true` means its outcome is not known yet: it
 * is continued on the next pass, and must not be paid by hand.
 */
export type RefundResult =
  | (Common & { readonly success: true; readonly refundTxHash: Hash })
  | (Common & { readonly success: false; readonly error: string; readonly pending?: true })
