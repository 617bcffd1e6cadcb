import type { SignedAuthorization } from './Authorization.ts'
import type { PaymentRef } from './PaymentRef.ts'
import type { Submission } from './Submission.ts'

/**
 * The write-ahead note of a settlement: everything needed to finish it after a crash, stored
 * before anything leaves the process.
 */
export type SettlementIntent = {
  readonly paymentRef: PaymentRef
  readonly authorization: SignedAuthorization
  /** Digest of the paid request without the signature: the same request signed again is equal. */
  readonly fingerprint: string
  /**
   * OPEN: its fate is unknown, so nothing may expire, cancel or offer this challenge again.
   * PAID: the chain proved it. VOID: the chain proved that it can never pay us.
   */
  readonly stage: 'OPEN' | 'PAID' | 'VOID'
  /** The chain's height when the intent was stored: an earlier use proves nothing about us. */
  readonly sinceBlock: bigint
  readonly submissions: readonly Submission[]
  readonly createdAtMs: number
  /**
   * Set when whoever paid had found the challenge by a request id that anybody may guess. Somebody
   * else may have asked first and know the challenge's id: it proves nothing about the payer.
   */
  readonly onlyFresh?: true
  /** Why it is VOID, as an error code. */
  readonly voidReason?: string
  /** Why payments before this one came to nothing, as error codes, the last ones of them. */
  readonly earlier?: readonly string[]
}
