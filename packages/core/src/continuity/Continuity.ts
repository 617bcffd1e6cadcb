/**
 * Why a store is known to have lost acknowledged writes: its data is another deployment's or was
 * begun anew; events that a process saw are gone; the engine says so itself (a promoted replica,
 * a restart without durable writes, a restored timeline); or the chain shows payments of a time
 * in which the store remembers no life.
 */
export type BreakCause = 'deployment' | 'events' | 'engine' | 'payments'

/** Whether a store's data still continues what it was. One per store, kept with the data. */
export type Continuity = {
  /** Named once, when the data was begun. */
  readonly deploymentId: string
  /** The engine's own mark; it changes whenever the engine may have lost acknowledged writes. */
  readonly lineage: string
  /** The highest sequence of the event stream that was ever seen. */
  readonly highestEvent: number
  /** The last sign of life of any process of this deployment, by the store's clock. */
  readonly aliveAt: Date
  /** The latest signs of life, oldest first: a process whose own is gone knows that it was lost. */
  readonly beats: readonly Beat[]
  /** A time without any sign of life that nobody has compared with the chain yet. */
  readonly silence?: { readonly since: Date; readonly until: Date }
  /** The last loss: what was written between the two instants may be gone. */
  readonly break?: { readonly since: Date; readonly until: Date; readonly cause: BreakCause }
}

/** One sign of life that the store keeps for a while. */
export type Beat = { readonly id: string; readonly atMs: number }

/** What a process remembers of a store outside it, to notice that the store forgot. */
export type Remembered = Pick<Continuity, 'deploymentId' | 'highestEvent' | 'aliveAt'> & {
  /** The process's own last beat. */
  readonly beatId?: string
}

/** One sign of life. */
export type Heartbeat = {
  /** Unguessable; names this beat, and the data when it has no name yet. */
  readonly beatId: string
  readonly remembered?: Remembered | undefined
  /** A longer time without a sign of life is a silence, in ms. */
  readonly quietMs: number
  /** What the chain said about the silence that ends at `until`: whether payments are missing. */
  readonly examined?: { readonly until: Date; readonly paymentsMissing: boolean } | undefined
}
