import type { RefundBudget } from '../operator/createRefundBudget.ts'
import type { Chain, Finality } from '../ports/Chain.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Observe } from '../ports/Events.ts'
import type { Payout } from '../ports/Payout.ts'
import type { Revoker } from '../ports/Revoker.ts'
import type { Wallet } from './listUnclaimed.ts'
import type { ContinuityWatch } from './watchContinuity.ts'

/** What refunding needs. A worker builds this alone, without the rest of a gateway. */
export type RefundContext = {
  readonly store: ChallengeStore
  readonly chain: Chain
  readonly payout: Payout
  readonly clock: Clock
  readonly newId: () => string
  readonly observe: Observe
  readonly continuity: ContinuityWatch
  /** The wallets refunded from. */
  readonly wallets: readonly Wallet[]
  /** Where accounting begins when the store does not know; default: at the newest block. */
  readonly fromBlock?: bigint
  /** True while an operator has stopped refunds: nothing is signed or sent, and all is followed. */
  readonly stopped?: boolean
  /** What may go back by itself; beyond it refunds are held. Absent: as much as is owed. */
  readonly budget?: RefundBudget
  /** Withdraws what was issued for a plan, before its money goes back. Absent: nothing does. */
  readonly revoker?: Revoker
  readonly settings: {
    readonly finality: Finality
    /** How long one pass waits for a refund to be mined. */
    readonly waitMs: number
    /** How long a signed refund may be executed, in seconds. */
    readonly validForSeconds: number
    /** A carrier without news for this long is sent again. */
    readonly resubmitAfterMs: number
    /** How long a refund that provably never left is retried before a person must look. */
    readonly giveUpAfterMs: number
  }
}
