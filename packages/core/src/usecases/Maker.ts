import type { ChallengeFields, ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { EngineContext } from './EngineContext.ts'

/** Who delivers a challenge once it is paid, and for how long nobody else may. */
export type Deliverer = { readonly holder: string; readonly worstCaseMs: number }

/** How that which was paid for is made: a credential for a plan, a response for a request. */
export type Maker = Deliverer & {
  /** The field that keeps what it makes. */
  readonly makes: 'accessGrant' | 'response'
  /** Asks whoever makes it. `signal` aborts when it takes longer than it ever should. */
  readonly make: (record: ChallengeRecord, signal: AbortSignal) => Promise<Made>
}

/** What became of an attempt to make it. `unknown`: it may have been made; ask again. */
export type Made =
  | { readonly kind: 'made'; readonly fields: Pick<ChallengeFields, 'accessGrant' | 'response'> }
  | {
      readonly kind: 'failed' | 'unknown'
      readonly reason: string
      /** What the buyer is told beside what becomes of the money. */
      readonly facts?: Readonly<Record<string, string>>
    }

/** The delivery lease: the maker's worst case, and a margin for our own work. */
export function leaseOf(
  { clock }: Pick<EngineContext, 'clock'>,
  { holder, worstCaseMs }: Deliverer,
): NonNullable<ChallengeFields['lease']> {
  return { holder, untilMs: clock.nowMs() + worstCaseMs + 5_000 }
}
