import type { State } from '../lifecycle/transitions.ts'
import type { AccessGrant } from './AccessGrant.ts'
import type { Address, Hash } from './hex.ts'
import type { Disposition } from './PaymentClaim.ts'
import type { PaymentRef } from './PaymentRef.ts'
import type { RefundProgress } from './RefundProgress.ts'
import type { Resource } from './Resource.ts'
import type { SettlementIntent } from './SettlementIntent.ts'
import type { StoredResponse } from './StoredResponse.ts'

/** The fields a challenge is born with. They never change. */
export type ChallengeBase = {
  /** Unguessable (at least 128 random bits): whoever presents it was told it by us. */
  readonly challengeId: string
  /** The client's own name for its request. With `scope` it makes creation idempotent. */
  readonly requestId: string
  /** Who may share a request id: a client-chosen id alone is never enough. */
  readonly scope: string
  readonly clientAgentId: string
  readonly resourceId: string
  /** The plan's id, or the route's when a single request is sold. */
  readonly planId: string
  /** The request that is sold, and to which the payment is bound; absent when a plan is sold. */
  readonly resource?: Resource
  /** The price as the seller wrote it, such as `"$0.10"`. */
  readonly amount: string
  /** The price in the asset's smallest unit. */
  readonly amountRaw: bigint
  /** The asset's symbol, such as `"USDC"`. */
  readonly asset: string
  /** The asset's contract. */
  readonly token: Address
  readonly chainId: number
  /** The seller's wallet: the payee of the payment and the payer of its refund. */
  readonly destination: Address
  readonly createdAt: Date
  readonly expiresAt: Date
}

/** What transitions write. Which transition may write what is in the lifecycle table. */
export type ChallengeFields = {
  readonly intent?: SettlementIntent
  readonly paymentRef?: PaymentRef
  readonly txHash?: Hash
  readonly paidAt?: Date
  readonly fromAddress?: Address
  /** The block of the payment, kept until it is final so that a reorganisation is noticed. */
  readonly paidBlock?: { readonly number: bigint; readonly hash: Hash }
  /** True once the payment can no longer be reorganised away under the policy. */
  readonly paymentFinal?: boolean
  /** Who is delivering right now, and until when nobody else may start (Unix ms). */
  readonly lease?: { readonly holder: string; readonly untilMs: number }
  /** What the buyer of a plan gets. */
  readonly accessGrant?: AccessGrant
  /** What the buyer of a single request gets. */
  readonly response?: StoredResponse
  readonly deliveredAt?: Date
  readonly refund?: RefundProgress
  readonly refundTxHash?: Hash
  readonly refundedAt?: Date
  readonly refundError?: string
  /** Why no automatic path may move this money. Absent: not held. */
  readonly held?: string
  /** When a person or evidence released it: losses of the store before that hold it no more. */
  readonly releasedAt?: Date
  /** Absent for what a challenge bought; otherwise why this payment bought nothing. */
  readonly disposition?: Disposition
  /** When a worker must look at this record next; absent: as its state says. */
  readonly nextVisitAt?: Date
}

/** One priced request and its whole life. Plain data; every store returns it whole. */
export type ChallengeRecord = ChallengeBase &
  ChallengeFields & {
    readonly state: State
    /** Rises by one with every write. */
    readonly version: number
    readonly schemaVersion: 1
    readonly updatedAt: Date
  }
