import type { ChallengeStore, Retention } from '@key0/core'
import type { Mint } from './createMint.ts'
import type { SteeredClock } from './createSteeredClock.ts'

/** A promise every store keeps. Cases are data, so any runner (or a simulator) can run them. */
export type Case = {
  /** Its name: family, colon, the promise as a sentence. Stable: opt-outs refer to it. */
  readonly law: string
  /** How long the store of its rig keeps records, where not by default. */
  readonly retention?: Partial<Retention>
  /** Resolves when the store keeps the law; rejects with what was expected and what was seen. */
  readonly prove: (rig: Rig) => Promise<void>
}

/** What a law is proven on. Every law gets a fresh one over an empty store. */
export type Rig = {
  /** The store, built on `clock` and with the retention of the law. */
  readonly store: ChallengeStore
  /** A second connection to the same data. Stores inside one process hand back `store` itself. */
  readonly peer: ChallengeStore
  /** The clock that both connections go by. */
  readonly clock: SteeredClock
  readonly mint: Mint
}
