/*
 * Words used throughout, each with one meaning:
 *   challenge    one priced request and its whole life
 *   payment      one transfer of the asset into the seller's wallet (never "tx": a transaction
 *                can hold several); named by its paymentRef
 *   refund       one movement of money back for one payment: (paymentRef, sequence)
 *   grant        what a plan's buyer receives
 *   resource     one request over HTTP that is sold by itself, at the price of its route
 *   delivery     the grant or the response has been stored and may leave the process
 *   intent       the write-ahead note of a settlement
 *   held         money that no automatic path may move
 */
export { type Catalog, createCatalog, type PricedPlan } from '../catalog/Catalog.ts'
export type { RouteMatch } from '../catalog/matchRoute.ts'
export type { Plan } from '../catalog/Plan.ts'
export {
  type CatalogRoute,
  type FreeRoute,
  isPriced,
  type PricedRoute,
  type Route,
  type RouteTerms,
} from '../catalog/Route.ts'
export { readRouteTerms } from '../catalog/readRoutes.ts'
export type { AccessGrant } from '../challenge/AccessGrant.ts'
export type { AuditEntry } from '../challenge/AuditEntry.ts'
export type { Authorization, SignedAuthorization } from '../challenge/Authorization.ts'
export type {
  ChallengeBase,
  ChallengeFields,
  ChallengeRecord,
} from '../challenge/ChallengeRecord.ts'
export { failuresOf } from '../challenge/failuresOf.ts'
export { type Address, type Hash, type Hex, sameAddress } from '../challenge/hex.ts'
export { kindOf, type RecordKind } from '../challenge/kindOf.ts'
export type { Disposition, PaymentClaim } from '../challenge/PaymentClaim.ts'
export { authorizationRef, type PaymentRef, transferRef } from '../challenge/PaymentRef.ts'
export type { RefundProgress } from '../challenge/RefundProgress.ts'
export type { Resource } from '../challenge/Resource.ts'
export type { SettlementIntent } from '../challenge/SettlementIntent.ts'
export type { StoredResponse } from '../challenge/StoredResponse.ts'
export type { Submission } from '../challenge/Submission.ts'
export type { BreakCause, Continuity, Heartbeat, Remembered } from '../continuity/Continuity.ts'
export { type ErrorCode, errorCodes, type Retry } from '../errors/codes.ts'
export { invariant } from '../errors/invariant.ts'
export { Key0Error, type Key0ErrorOptions } from '../errors/Key0Error.ts'
export { dueAtMs } from '../lifecycle/dueAt.ts'
export { guard, hasOpenIntent, isRefundOnly } from '../lifecycle/guard.ts'
export { isLive } from '../lifecycle/isLive.ts'
export { isRefundable } from '../lifecycle/isRefundable.ts'
export { assertLegalMove } from '../lifecycle/legalMove.ts'
export { defaultRetention, forgetAtMs, type Retention } from '../lifecycle/retention.ts'
export {
  findTransition,
  type State,
  states,
  transitions,
  writtenWithAny,
} from '../lifecycle/transitions.ts'
export { formatUnits, parsePrice } from '../money/Units.ts'
export {
  createRefundBudget,
  type RefundBudget,
  type RefundCap,
  type RefundCaps,
} from '../operator/createRefundBudget.ts'
export { type Inspected, inspectMoney, type PublicRecord } from '../operator/inspectMoney.ts'
export { type DebtState, listDebts, valueOfDebt } from '../operator/listDebts.ts'
export { listMoney, type MoneyList, type MoneyQuery } from '../operator/listMoney.ts'
export {
  type AfterRestore,
  type AfterRestoreQuery,
  lookAfterRestore,
} from '../operator/lookAfterRestore.ts'
export { type Money, type MoneyKind, moneyKinds } from '../operator/Money.ts'
export type { OperatorContext } from '../operator/OperatorContext.ts'
export { assertOrder, type Order } from '../operator/Order.ts'
export type { RefundPlan } from '../operator/planRefund.ts'
export { readSafeToSweep, type SafeToSweep } from '../operator/readSafeToSweep.ts'
export { type ManualRefund, type RefundedNow, refundNow } from '../operator/refundNow.ts'
export {
  areRefundsStopped,
  type RefundSwitch,
  readRefundSwitch,
  startRefunds,
  stopRefunds,
} from '../operator/refundSwitch.ts'
export { releaseHeld } from '../operator/releaseHeld.ts'
export { retryRefund } from '../operator/retryRefund.ts'
export { writeOff } from '../operator/writeOff.ts'
export {
  type Backend,
  type FetchResource,
  isSuccess,
  type RouteRequest,
  type Served,
  type ServeRequest,
} from '../ports/Backend.ts'
export type {
  AuthorizationQuery,
  Chain,
  Finality,
  Head,
  Offer,
  PaymentEvidence,
  Sighting,
  TransferQuery,
  TransfersQuery,
  Verification,
} from '../ports/Chain.ts'
export type {
  Attempt,
  ChallengeStore,
  IChallengeStore,
  Move,
  Outcome,
  StoreHealth,
} from '../ports/ChallengeStore.ts'
export type { Clock } from '../ports/Clock.ts'
export type {
  Credential,
  CredentialIssuer,
  CredentialRequest,
  Issued,
} from '../ports/CredentialIssuer.ts'
export { conditions } from '../ports/conditions.ts'
export type { DocumentStore, NamedDocument, Swapped } from '../ports/DocumentStore.ts'
export type { EngineEvent, Observe } from '../ports/Events.ts'
export type { Payout, PayoutObstacle } from '../ports/Payout.ts'
export { perConnection } from '../ports/perConnection.ts'
export type { ReceiptPayload, ReceiptSigner, SignedReceipt } from '../ports/ReceiptSigner.ts'
export type { RevocationRequest, Revoker } from '../ports/Revoker.ts'
export type { ISeenTxStore, SeenTxStore } from '../ports/SeenTxStore.ts'
export type { Journal, Settler, Submitted } from '../ports/Settler.ts'
export { fromSellerPair, type SellerPair } from '../seen/fromSellerPair.ts'
export {
  type Accounted,
  type AccountingContext,
  accountForTransfers,
} from '../usecases/accountForTransfers.ts'
export { type Claimed, claimRefund } from '../usecases/claimRefund.ts'
export { type Continued, continueRefund } from '../usecases/continueRefund.ts'
export { createEngine } from '../usecases/createEngine.ts'
export { createOpenCap, type OpenCap, type OpenLimits } from '../usecases/createOpenCap.ts'
export type {
  AccessRequest,
  Delivered,
  DeliveredResource,
  Engine,
  Offered,
  PresentedPayment,
  PresentedTransfer,
  ResourceRequest,
} from '../usecases/Engine.ts'
export type { EngineContext, EngineSettings } from '../usecases/EngineContext.ts'
export { type Fence, type FenceContext, findFence } from '../usecases/findFence.ts'
export { isSecretRequestId } from '../usecases/issue.ts'
export type { Wallet } from '../usecases/listUnclaimed.ts'
export type { Looked, PayerProof, RefundStatus } from '../usecases/lookUp.ts'
export { payerProofMessage, resultProofMessage } from '../usecases/payerProof.ts'
export type { RefundContext } from '../usecases/RefundContext.ts'
export { type Recovered, recover } from '../usecases/recover.ts'
export { RefundMoved } from '../usecases/refundWrites.ts'
export { revocationOf } from '../usecases/revokeIssued.ts'
export { type ContinuityWatch, watchContinuity } from '../usecases/watchContinuity.ts'
