/*
 * Words used throughout, each with one meaning:
 *   offer        what a buyer is asked to sign
 *   payment      what a buyer signed, as it was read
 *   sold         the payment bought a grant
 *   refused      it did not; with an offer when paying again is right, and only then
 *   problem      a failure as it is told to a caller
 *   settlement   what x402 says about the money
 */

export type {
  Checkout,
  OfferParts,
  OfferRequest,
  Refused,
  Sold,
  SoldResource,
} from '../Checkout.ts'
export { type CheckoutOptions, judgeCheckout } from '../CheckoutOptions.ts'
export { nameRoutes } from '../catalog/nameRoutes.ts'
export { createCheckout } from '../createCheckout.ts'
export type { Sellable } from '../extensions/bazaar.ts'
export type { Extensions } from '../extensions/Extensions.ts'
export type { ReceiptOptions } from '../extensions/offerReceipt.ts'
export type { PaymentIdentifier } from '../extensions/paymentIdentifier.ts'
export {
  isChallengeId,
  type Payment,
  type PaymentReading,
  readPayment,
  readPresentedPayment,
} from '../payment/readPayment.ts'
export { asksToPay, type Problem, problemOf, toProblem } from '../problem.ts'
export { malformed, readBody, readBytes, tooLarge } from '../request/readBody.ts'
export { type AskedResource, readAskedResource } from '../resource/AskedResource.ts'
export { type BackendFor, type BoundResource, bindResource } from '../resource/bindResource.ts'
export { digestOf } from '../resource/digestOf.ts'
export { findPriced, findRoute } from '../resource/findRoute.ts'
export {
  type ResourceResponse,
  textOfBody,
  toResourceResponse,
} from '../resource/toResourceResponse.ts'
export { judgeRange, type Seller } from '../Seller.ts'
