import type { Catalog } from '../catalog/Catalog.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Address, Hash } from '../challenge/hex.ts'
import type { Chain, Finality } from '../ports/Chain.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import type { CredentialIssuer } from '../ports/CredentialIssuer.ts'
import type { Observe } from '../ports/Events.ts'
import type { SeenTxStore } from '../ports/SeenTxStore.ts'
import type { Settler } from '../ports/Settler.ts'
import type { OpenCap } from './createOpenCap.ts'

/** What a seller decides once, for every challenge of this process. */
export type EngineSettings = {
  readonly chainId: number
  readonly token: Address
  /** The token's symbol, such as `"USDC"`. */
  readonly asset: string
  /** How many decimals the token has, to write amounts with. */
  readonly decimals: number
  /** The seller's wallet. */
  readonly payTo: Address
  /** How long a challenge may be paid; default of the specification 900 s. */
  readonly challengeTTLMs: number
  /** The longest an authorization may live; what offers carry as `maxTimeoutSeconds`. */
  readonly maxTimeoutSeconds: number
  /** How deep a payment must be to be believed, and to be refunded or forgotten. */
  readonly finality: { readonly payment: Finality; readonly refund: Finality }
  /** How long a request waits for the chain before it answers "pending". */
  readonly settleWaitMs: number
  /** How long a request waits for another one that is delivering the same challenge. */
  readonly deliveryWaitMs: number
  /** After this long without news a stored authorization is submitted again. */
  readonly resubmitAfterMs: number
  /** The grace period after which an undelivered payment goes back; told to the buyer. */
  readonly refundMinAgeMs: number
  /** True when a worker of this deployment refunds; told to the buyer. */
  readonly refunds: boolean
  /** Whether a presented transfer needs its payer's signature. */
  readonly proofBinding: 'signature' | 'none'
  /** How far clocks and blocks may disagree. */
  readonly skewMs: number
  /**
   * What becomes of a transfer its payer presents for a challenge that it does not buy: too late,
   * too little, too much, or once more. It gets a record of its own in either case. `refund` is for
   * a wallet that receives nothing but what is sold here: held money waits for a person.
   */
  readonly strayTransfers: 'hold' | 'refund'
  readonly explorerUrl?: (txHash: Hash) => string
  /** Where grants are used. */
  readonly resourceEndpoint?: (of: { resourceId: string; planId: string }) => string
}

export type EngineContext = {
  readonly store: ChallengeStore
  readonly chain: Chain
  readonly settler: Settler
  readonly issuer: CredentialIssuer
  readonly catalog: Catalog
  readonly clock: Clock
  /** An unguessable id, at least 128 random bits. */
  readonly newId: () => string
  readonly observe: Observe
  /** Waits; injected so that tests need not. */
  readonly sleep: (ms: number) => Promise<void>
  readonly seenTx?: SeenTxStore
  /**
   * False while nothing may be sold, such as when the seller's backend is down: no new challenge is
   * made, and everything that was offered or paid goes on. Absent: always true.
   */
  readonly isSelling?: () => boolean
  /**
   * Refuses new challenges while too many wait to be paid. What was offered goes on, and a payment
   * that needs a challenge of its own gets one once it is verified. It must be told this engine's
   * events. Absent: nothing is too many.
   */
  readonly openCap?: OpenCap
  /**
   * Enters a payment into the seller's own books, before what it bought is stored and leaves. What
   * they do not take, in the time that a delivery has, is not delivered: it stays PAID, and can go
   * back. They may be asked to take a payment more than once. Absent: there are none.
   */
  readonly recordSale?: (paid: ChallengeRecord) => Promise<void>
  readonly settings: EngineSettings
}
