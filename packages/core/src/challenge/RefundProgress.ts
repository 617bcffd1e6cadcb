import type { Address, Hash, Hex } from './hex.ts'
import type { PaymentRef } from './PaymentRef.ts'
import type { Submission } from './Submission.ts'

/**
 * One movement of money back for one payment, named by (paymentRef, sequence). Its EIP-3009
 * nonce is a function of that name, so the token contract refuses to execute it twice.
 */
export type RefundProgress = {
  readonly paymentRef: PaymentRef
  readonly sequence: number
  /** How far it came. BLOCKED waits for a named cause to pass; HELD waits for a person. */
  readonly stage: 'INTENT' | 'SIGNED' | 'SENT' | 'MINED' | 'FINAL' | 'BLOCKED' | 'HELD'
  readonly chainId: number
  readonly token: Address
  /** The payment's own payee. Pinned: another wallet could be asked to pay a second time. */
  readonly from: Address
  readonly to: Address
  /** All of the payment, unless a person approved less. */
  readonly value: bigint
  /** Who decided that only `value` goes back and the seller keeps the rest. Never more than paid. */
  readonly approved?: { readonly by: string; readonly value: bigint }
  readonly nonce: Hash
  /** The block of the payment: no refund of it is older, whatever a restored backup forgot. */
  readonly sinceBlock: bigint
  readonly validBefore?: bigint
  readonly signature?: Hex
  readonly carriers: readonly Submission[]
  readonly attempts: number
  readonly claimedAtMs: number
  readonly blockedReason?: string
}
