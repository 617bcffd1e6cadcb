import type {
  AccessRequest,
  Address,
  Backend,
  ChallengeRecord,
  Delivered,
  DeliveredResource,
  Engine,
  Offered,
  PresentedTransfer,
  PricedPlan,
  ResourceRequest,
  RouteTerms,
  SignedReceipt,
} from '@key0/core'
import type { PaymentRequired, PaymentRequirements, SettlementResponse } from '@key0/x402'
import type { Scheme } from './offer/requirementsOf.ts'
import type { Payment } from './payment/readPayment.ts'
import type { Problem } from './problem.ts'
import type { Seller } from './Seller.ts'

/** Somebody asks for a price and may have forgotten to say of what. */
export type OfferRequest = Omit<AccessRequest, 'planId'> & { readonly planId?: string }

/** What differs from one telling of an offer to the next. */
export type OfferParts = {
  /** What is being paid for, by the address under which the buyer asked for it. */
  readonly url: string
  /** Why a payment is asked for; a problem's title. */
  readonly error: string
}

/** The payment was good: this is what it bought, and what became of it. */
export type Sold = {
  readonly kind: 'sold'
  readonly delivered: Delivered
  readonly settlement: SettlementResponse
}

/** The payment was good, and this is the response that it bought. */
export type SoldResource = Omit<Sold, 'delivered'> & { readonly delivered: DeliveredResource }

/** Nothing was given. Whether a payment was spent is in `settlement`, as far as it is known. */
export type Refused = {
  readonly kind: 'refused'
  readonly problem: Problem
  readonly settlement: SettlementResponse
  /**
   * Set exactly when paying (again) is right: nothing was spent and the challenge is open. Whoever
   * is shown an offer signs, so a surface shows one here and in no other refusal.
   */
  readonly offered?: Offered
  /** What was thrown; for the seller's log, never for the caller. */
  readonly cause: unknown
}

/** The x402 conversation about one engine's catalog, whatever carries it. */
export type Checkout = {
  readonly engine: Engine
  readonly seller: Seller
  /** `seller.publicUrl` without a slash at its end. */
  readonly baseUrl: string
  readonly maxTimeoutSeconds: number
  /** The `scheme` of every offer, for documents that tell it before there is one. */
  readonly scheme: Scheme
  /** Who signs receipts; absent: nobody does. */
  readonly receiptSigner?: Address
  /** Sentences for the seller about offers that some buyers will not be able to take. */
  readonly warnings: readonly string[]

  /** Puts a price on a request. @throws PLAN_REQUIRED, and as `Engine.offer`. */
  offer(request: OfferRequest): Promise<Offered>

  /**
   * Puts a price on a single request, and binds the offer to it. @throws as `Engine.offerResource`.
   */
  offerResource(request: ResourceRequest): Promise<Offered>

  /**
   * Prepares the offers of a route that is mounted in code and not in the catalog.
   *
   * @throws CONFIG_INVALID when its offer would not fit a header, or its id is taken.
   */
  addRoute(route: RouteTerms): void

  /** What a challenge asks for, exactly as every telling of its offer says it. */
  requirementsOf(challenge: ChallengeRecord): PaymentRequirements

  /** What offers of a plan or a route ask, as a price list says it: for no challenge yet. */
  quote(goods: Pick<PricedPlan, 'unitAmountRaw'>): PaymentRequirements

  /** An offer as an x402 v2 message. */
  paymentRequired(offered: Offered, parts: OfferParts): PaymentRequired

  /** The same message as JSON in ASCII, put together from parts that were prepared. */
  paymentRequiredText(offered: Offered, parts: OfferParts): string

  /**
   * The same offer as x402 version 1 writes it, as JSON in ASCII; `undefined` on a chain that
   * version 1 cannot name.
   */
  v1PaymentRequiredText(offered: Offered, parts: OfferParts): string | undefined

  /**
   * Settles a payment and delivers. Never throws. A payment that names no challenge, in a request
   * without an id, is one of its own: the same payment again finds the same challenge.
   */
  pay(payment: Payment, request: OfferRequest): Promise<Sold | Refused>

  /** Delivers for a transfer the buyer made itself. Never throws. */
  submitProof(transfer: PresentedTransfer): Promise<Sold | Refused>

  /** Settles a payment for a single request and has it answered by `backend`. Never throws. */
  payResource(
    payment: Payment,
    request: ResourceRequest,
    backend: Backend,
  ): Promise<SoldResource | Refused>

  /** The same for a transfer the buyer made itself. Never throws. */
  proveResource(transfer: PresentedTransfer, backend: Backend): Promise<SoldResource | Refused>

  /**
   * The receipt that answers to a delivered purchase carry in `settlement`, the same every time;
   * `undefined` for any other challenge, and where nobody signs. Never throws.
   */
  receiptOf(challenge: ChallengeRecord): Promise<SignedReceipt | undefined>

  /** The refusal of a payment that could not be read, or that came with an unreadable request. */
  refuse(error: unknown): Refused
}
