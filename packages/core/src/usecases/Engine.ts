import type { Catalog } from '../catalog/Catalog.ts'
import type { AccessGrant } from '../challenge/AccessGrant.ts'
import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Hash, Hex } from '../challenge/hex.ts'
import type { Offer } from '../ports/Chain.ts'

/** Somebody asks for a plan. */
export type AccessRequest = {
  readonly planId: string
  /** The client's own id, 16 to 128 of `A-Za-z0-9_-`; absent: one is made. */
  readonly requestId?: string
  /** What the plan is for; default `"default"`. */
  readonly resourceId?: string
  /** Who asks; `"x402-http"` over plain HTTP. Also the scope in which request ids are unique. */
  readonly clientAgentId: string
}

/** What somebody who asked for a plan is told. */
export type Offered = {
  readonly challenge: ChallengeRecord
  /**
   * Whether this caller may be told the challenge's id. Whoever knows it and copies a mined payment
   * looks like its payer, so a known request is offered again without it, unless the request id
   * is itself a secret (a random UUID).
   */
  readonly mayKnowId: boolean
}

/** A payment authorization presented for a challenge, with the request it came with. */
export type PresentedPayment = {
  /** Names the challenge: what the offer carried and the client echoed. */
  readonly challengeId: string
  readonly authorization: SignedAuthorization
  /** What the paying request asks for, as far as it says. Must agree with the challenge. */
  readonly request: {
    readonly planId?: string
    readonly resourceId?: string
    readonly requestId?: string
  }
  /**
   * Set when the challenge was found by a request id that anybody may guess. A payment that is
   * mined is public, so only a signature made for this very call then opens a paid challenge.
   */
  readonly onlyFresh?: boolean
}

/** A transfer the client made itself, presented by its hash. */
export type PresentedTransfer = {
  readonly challengeId: string
  readonly txHash: Hash
  /** The payer's signature over `payerProofMessage(challengeId, txHash)`. */
  readonly payerSignature?: Hex
}

/** What a buyer gets. `replayed`: it was bought before, and nothing was charged this time. */
export type Delivered = {
  readonly challenge: ChallengeRecord
  readonly grant: AccessGrant
  readonly txHash: Hash
  readonly replayed: boolean
}

/**
 * Every decision about a paid request, for any surface. Failures are `Key0Error`s: the codes
 * named here are the ones a surface must be able to tell its client.
 */
export interface Engine {
  readonly catalog: Catalog

  /**
   * Puts a price on a request. The same request id in the same scope returns the same challenge.
   *
   * @throws PLAN_UNKNOWN, REQUEST_MALFORMED (an id that is no id), REQUEST_CONFLICT (the id names
   * another plan or resource), SETTLEMENT_PENDING (an authorization for it may be live: ask again,
   * never sign again), CHALLENGE_REFUNDING, CHALLENGE_REFUNDED, STORE_UNAVAILABLE.
   */
  issue(request: AccessRequest): Promise<ChallengeRecord>

  /** The same for a caller that nobody vouches for. @throws as `issue`. */
  offer(request: AccessRequest): Promise<Offered>

  /** The offer a challenge makes, rebuilt from its record alone. */
  offerOf(challenge: ChallengeRecord): Offer

  /**
   * Settles a presented payment and delivers. Repeating it with the same authorization, or with
   * a newly signed one of the same payer, returns the stored result and charges nothing.
   *
   * @throws CHALLENGE_UNKNOWN; CHALLENGE_EXPIRED, CHALLENGE_CANCELLED, CHALLENGE_REFUNDING,
   * CHALLENGE_REFUNDED; REQUEST_CONFLICT, PAYMENT_SPENT, PAYER_PROOF_REQUIRED; every code of an
   * invalid payment (see `Verification`); SETTLEMENT_PENDING, DELIVERY_PENDING, DELIVERY_FAILED,
   * CHAIN_UNREACHABLE, STORE_UNAVAILABLE.
   */
  pay(payment: PresentedPayment): Promise<Delivered>

  /** The first half of `pay`: PAID on evidence, nothing delivered yet. @throws as `pay`. */
  settle(payment: PresentedPayment): Promise<ChallengeRecord>

  /**
   * The second half of `pay`, for a caller inside this process that knows the payer already. It
   * asks for no proof of who is asking: never hand its result to an unproven client.
   */
  deliver(challengeId: string): Promise<Delivered>

  /**
   * Accepts a transfer the client made itself and delivers.
   *
   * @throws as `pay`, and TRANSFER_NOT_FOUND, TRANSFER_MISMATCH, TRANSFER_OUTSIDE_WINDOW,
   * PAYER_PROOF_REQUIRED, PAYER_PROOF_INVALID.
   */
  submitProof(transfer: PresentedTransfer): Promise<Delivered>

  /** @throws CHALLENGE_UNKNOWN, CHALLENGE_NOT_CANCELLABLE, SETTLEMENT_PENDING. */
  cancel(challengeId: string): Promise<ChallengeRecord>

  /** The record, expired first if its deadline has passed. @throws CHALLENGE_UNKNOWN. */
  inspect(challengeId: string): Promise<ChallengeRecord>
}
