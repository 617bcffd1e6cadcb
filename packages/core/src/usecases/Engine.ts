import type { Catalog } from '../catalog/Catalog.ts'
import type { RouteTerms } from '../catalog/Route.ts'
import type { AccessGrant } from '../challenge/AccessGrant.ts'
import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Hash, Hex } from '../challenge/hex.ts'
import type { Resource } from '../challenge/Resource.ts'
import type { StoredResponse } from '../challenge/StoredResponse.ts'
import type { Backend } from '../ports/Backend.ts'
import type { Offer } from '../ports/Chain.ts'
import type { Looked, PayerProof } from './lookUp.ts'

/** Somebody asks for a plan. */
export type AccessRequest = {
  readonly planId: string
  /** The client's own id, 16 to 128 of `A-Za-z0-9_-`; absent: one is made. */
  readonly requestId?: string
  /** What the plan is for; default `"default"`. */
  readonly resourceId?: string
  /** Who asks; `"x402-http"` over plain HTTP. Also the scope in which request ids are unique. */
  readonly clientAgentId: string
  /** As whom the transport knows whoever asks, such as an address: for `OpenCap` alone. */
  readonly caller?: string
  /** The payment that it came with, if it did: one that verifies is never too much. */
  readonly authorization?: SignedAuthorization
}

/** Somebody asks for what one priced route answers to one request. */
export type ResourceRequest = {
  /** Its route; what it costs comes from here alone. */
  readonly route: Pick<RouteTerms, 'routeId' | 'unitAmount' | 'unitAmountRaw'>
  readonly resource: Resource
  /** As in `AccessRequest`. */
  readonly requestId?: string
  readonly clientAgentId: string
  /** As in `AccessRequest`. */
  readonly caller?: string
  /** As in `AccessRequest`. */
  readonly authorization?: SignedAuthorization
}

/** What somebody who asked for a plan or a request is told. */
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
    /** The request itself, when a single one is paid for: never left out, and never guessed. */
    readonly resource?: Resource
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
  /** The single request that it pays for, with its route: two routes may answer one address. */
  readonly request?: { readonly planId: string; readonly resource: Resource }
}

/** What a buyer gets. `replayed`: it was bought before, and nothing was charged this time. */
export type Delivered = {
  readonly challenge: ChallengeRecord
  readonly grant: AccessGrant
  readonly txHash: Hash
  readonly replayed: boolean
}

/**
 * What the buyer of a single request gets. `replayed`: its response was stored before; the backend
 * was not asked, and nothing was charged this time.
 */
export type DeliveredResource = {
  readonly challenge: ChallengeRecord
  /** Without a body, and not `replayed`: a stream, which whoever served it holds. */
  readonly response: StoredResponse
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
   * another plan or resource), SELLING_PAUSED (nothing new is sold now), OVERLOADED (too much is
   * offered and not paid), SETTLEMENT_PENDING (an authorization for it may be live: ask again,
   * never sign again), CHALLENGE_REFUNDING, CHALLENGE_REFUNDED, STORE_UNAVAILABLE.
   */
  issue(request: AccessRequest): Promise<ChallengeRecord>

  /** The same for a caller that nobody vouches for. @throws as `issue`. */
  offer(request: AccessRequest): Promise<Offered>

  /**
   * Puts a price on a single request, and binds the challenge to it. @throws as `issue`.
   */
  offerResource(request: ResourceRequest): Promise<Offered>

  /**
   * Offers what an open challenge offers, on its very terms, under a request id that its buyer
   * chose later. The same id again finds the same challenge. @throws as `issue`.
   */
  offerAs(
    challenge: ChallengeRecord,
    request: Pick<AccessRequest, 'caller' | 'authorization'> & { readonly requestId: string },
  ): Promise<Offered>

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

  /**
   * Settles a payment for a single request and has `backend` answer it. The response is stored and
   * the challenge DELIVERED in one step, before a byte of it may leave; of a stream only its head
   * is stored, at its first byte. Repeating it returns the stored response.
   *
   * @throws as `pay`; REQUEST_CONFLICT when the request is not the one that was offered;
   * DELIVERY_FAILED when the backend's response is not of the 2xx kind, or none came;
   * RESPONSE_NOT_KEPT when it was a stream and was delivered before.
   */
  payResource(payment: PresentedPayment, backend: Backend): Promise<DeliveredResource>

  /** The same for a transfer the client made itself. @throws as `submitProof` and `payResource`. */
  proveResource(transfer: PresentedTransfer, backend: Backend): Promise<DeliveredResource>

  /** @throws CHALLENGE_UNKNOWN, CHALLENGE_NOT_CANCELLABLE, SETTLEMENT_PENDING. */
  cancel(challengeId: string): Promise<ChallengeRecord>

  /**
   * What became of a challenge, for whoever knows its id. With a proof of its payer, `isPayer` says
   * that what it bought may be handed out again.
   *
   * @throws CHALLENGE_UNKNOWN; for a proof that fails REQUEST_CONFLICT (another payer),
   * PAYER_PROOF_REQUIRED, PAYER_PROOF_INVALID, SIGNATURE_INVALID, AUTHORIZATION_USED,
   * PAYMENT_SPENT, CHAIN_UNREACHABLE.
   */
  lookUp(challengeId: string, proof?: PayerProof): Promise<Looked>

  /** The record, expired first if its deadline has passed. @throws CHALLENGE_UNKNOWN. */
  inspect(challengeId: string): Promise<ChallengeRecord>
}
