import { type Address, type ChallengeRecord, type Hash, invariant, type Resource } from '@key0/core'

/** What a seller's own books keep of one payment. */
export type PaidReceipt = {
  /** The payment's one identity: the same whenever and wherever this payment is told. */
  readonly idempotencyKey: string
  readonly challengeId: string
  readonly requestId: string
  readonly clientAgentId: string
  readonly resourceId: string
  /** The plan's, or the route's when a single request was bought. */
  readonly planId: string
  /** The single request that was bought; absent of a plan. */
  readonly resource?: Resource
  /** The price as it is written, such as `"$0.10"`. */
  readonly amount: string
  /** In the asset's smallest unit. */
  readonly amountRaw: bigint
  readonly asset: string
  readonly chainId: number
  readonly payer: Address
  readonly payee: Address
  readonly txHash: Hash
  readonly paidAt: Date
}

/** @param record one that is paid */
export function toReceipt(record: ChallengeRecord): PaidReceipt {
  const { challengeId, requestId, clientAgentId, resourceId, planId, amount, amountRaw } = record
  const { asset, chainId, destination: payee, paymentRef, fromAddress, txHash, paidAt } = record
  const { resource } = record
  invariant(paymentRef && fromAddress && txHash && paidAt, 'what is paid says by whom and how')
  return {
    idempotencyKey: paymentRef,
    ...{ challengeId, requestId, clientAgentId, resourceId, planId, amount, amountRaw },
    ...(resource && { resource }),
    ...{ asset, chainId, payer: fromAddress, payee, txHash, paidAt },
  }
}
