import type { ChallengeFields } from '../challenge/ChallengeRecord.ts'

/** The eight public states of a challenge. */
export type State =
  | 'PENDING'
  | 'PAID'
  | 'DELIVERED'
  | 'EXPIRED'
  | 'CANCELLED'
  | 'REFUND_PENDING'
  | 'REFUNDED'
  | 'REFUND_FAILED'

export const states: readonly State[] = [
  'PENDING',
  'PAID',
  'DELIVERED',
  'EXPIRED',
  'CANCELLED',
  'REFUND_PENDING',
  'REFUNDED',
  'REFUND_FAILED',
]

type Row = {
  readonly from: State
  readonly to: State
  /** What happened, in one phrase. */
  readonly trigger: string
  /** The only fields this move may write, besides `writtenWithAny`. */
  readonly writes: readonly (keyof ChallengeFields)[]
}

/** Fields that every move may write: they are about our work, not about the state. */
export const writtenWithAny: readonly (keyof ChallengeFields)[] = [
  'nextVisitAt',
  'held',
  'releasedAt',
]

/** Every legal move of a challenge. What is not here cannot happen, in any store. */
export const transitions: readonly Row[] = [
  { from: 'PENDING', to: 'PENDING', trigger: 'settlement intent persisted', writes: ['intent'] },
  {
    from: 'PENDING',
    to: 'PAID',
    trigger: 'payment proven on chain',
    writes: [
      'intent',
      'paymentRef',
      'txHash',
      'paidAt',
      'fromAddress',
      'paidBlock',
      'paymentFinal',
      'lease',
      'disposition',
    ],
  },
  { from: 'PENDING', to: 'EXPIRED', trigger: 'deadline passed', writes: [] },
  { from: 'PENDING', to: 'CANCELLED', trigger: 'cancelled', writes: [] },
  {
    from: 'PAID',
    to: 'PAID',
    trigger: 'grant or response persisted, lease taken or payment watched',
    writes: ['accessGrant', 'response', 'lease', 'intent', 'txHash', 'paidBlock', 'paymentFinal'],
  },
  {
    from: 'PAID',
    to: 'DELIVERED',
    trigger: 'delivered',
    writes: ['accessGrant', 'response', 'deliveredAt', 'lease'],
  },
  {
    from: 'PAID',
    to: 'PENDING',
    trigger: 'payment reorganised away for good',
    writes: ['intent', 'paymentRef', 'txHash', 'paidAt', 'fromAddress', 'paidBlock', 'lease'],
  },
  { from: 'PAID', to: 'REFUND_PENDING', trigger: 'refund claimed', writes: ['refund', 'lease'] },
  {
    from: 'REFUND_PENDING',
    to: 'REFUND_PENDING',
    trigger: 'refund progress persisted',
    writes: ['refund'],
  },
  {
    from: 'REFUND_PENDING',
    to: 'REFUNDED',
    trigger: 'refund final on chain',
    writes: ['refund', 'refundTxHash', 'refundedAt'],
  },
  {
    from: 'REFUND_PENDING',
    to: 'REFUND_FAILED',
    trigger: 'only a person can resolve it',
    writes: ['refund', 'refundError'],
  },
  { from: 'REFUND_FAILED', to: 'PAID', trigger: 'operator retried', writes: ['refundError'] },
]

/** The table's row for a move, or `undefined`: then the move does not exist. */
export function findTransition(from: State, to: State): Row | undefined {
  return transitions.find((row) => row.from === from && row.to === to)
}
