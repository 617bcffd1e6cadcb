import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { Address } from '../challenge/hex.ts'
import type { Submission } from '../challenge/Submission.ts'
import type { Clock } from '../ports/Clock.ts'
import type { Journal, Submitted } from '../ports/Settler.ts'
import type { FakeLedger } from './createFakeLedger.ts'

/**
 * What one submission does. `submit` works. `refuse` hands nothing to anybody. `unknown` hands it
 * over and does not know. `withhold` says it did and never does. `lose-reply` hands it over and
 * then fails. `fail-before-journal` and `fail-after-journal` fail before anything left.
 */
export type CarrierMood =
  | 'submit'
  | 'refuse'
  | 'unknown'
  | 'withhold'
  | 'lose-reply'
  | 'fail-before-journal'
  | 'fail-after-journal'

/** Steers a fake that brings authorizations to the chain. */
export type FakeCarrier = {
  /** What it does from now on. */
  mood: CarrierMood
  /** What it does in the next calls, one entry each, before `mood` counts again. */
  readonly next: CarrierMood[]
  /** How many times it was asked. */
  calls: number
}

type Request = {
  readonly authorization: SignedAuthorization
  readonly previous: readonly Submission[]
}

/** Carries as a gas wallet does: journal first, the same bytes again before new ones are made. */
export function createFakeCarrier(options: {
  readonly ledger: FakeLedger
  readonly clock: Clock
  readonly sender: Address
}): FakeCarrier & { carry(request: Request, journal: Journal): Promise<Submitted> } {
  const { ledger, clock, sender } = options
  let gasNonce = 0
  const carrier = {
    mood: 'submit' as CarrierMood,
    next: [] as CarrierMood[],
    calls: 0,
    async carry({ authorization, previous }: Request, journal: Journal): Promise<Submitted> {
      carrier.calls += 1
      const mood = carrier.next.shift() ?? carrier.mood
      if (mood === 'refuse') return { kind: 'refused', reason: 'no gas' }
      if (mood === 'fail-before-journal') throw new Error('the carrier failed')
      const sent = previous.findLast((submission) => submission.via === 'gas-wallet')
      let txHash = sent?.txHash
      if (txHash === undefined) {
        gasNonce += 1
        const calls = [{ kind: 'authorized', authorization }] as const
        txHash = ledger.prepare(calls, `${sender}:${gasNonce}`).hash
        const atMs = clock.nowMs()
        await journal({ via: 'gas-wallet', sender, gasNonce, txHash, rawTransaction: txHash, atMs })
      }
      if (mood === 'fail-after-journal') throw new Error('the carrier failed')
      if (mood !== 'withhold') ledger.broadcast(txHash)
      if (mood === 'lose-reply') throw new Error('the reply was lost')
      return mood === 'unknown'
        ? { kind: 'unknown', reason: 'no answer' }
        : { kind: 'submitted', txHash }
    },
  }
  return carrier
}
