/*
 * Words used throughout, each with one meaning:
 *   issuer    mints what the buyer paid for        (core's CredentialIssuer)
 *   backend   the seller's own service, over HTTP
 *   attempt   one request to it; a retry is a further attempt with the same idempotency key
 *   lost      the request may have been executed and its answer is not known
 */
export type { AuthHeaderProvider } from '../auth/AuthHeaderProvider.ts'
export { noAuth } from '../auth/noAuth.ts'
export {
  type OAuthClientCredentialsOptions,
  oauthClientCredentialsAuth,
} from '../auth/oauthClientCredentialsAuth.ts'
export { sharedSecretAuth } from '../auth/sharedSecretAuth.ts'
export { type ServiceTokenSigner, signedJwtAuth } from '../auth/signedJwtAuth.ts'
export type { Fetch } from '../backend/postJson.ts'
export {
  type CallbackIssuerOptions,
  createCallbackIssuer,
  type FetchResourceCredentials,
} from '../createCallbackIssuer.ts'
export {
  createNativeTokenIssuer,
  type NativeTokenIssuerOptions,
  type TokenSigner,
} from '../createNativeTokenIssuer.ts'
export { createRemoteRevoker, type RemoteRevokerOptions } from '../createRemoteRevoker.ts'
export {
  createRemoteTokenIssuer,
  type RemoteTokenIssuerOptions,
} from '../createRemoteTokenIssuer.ts'
export { createDeliveries, type DeliveriesOptions } from '../notify/createDeliveries.ts'
export {
  createDispatcher,
  type DispatchEvent,
  type Dispatcher,
  type DispatcherOptions,
} from '../notify/createDispatcher.ts'
export {
  type DeadLetter,
  type Deliveries,
  type DeliveryQuery,
  type DeliveryState,
  type DeliveryStory,
  type DeliverySummary,
  deliveryStates,
  type EndpointStatus,
  type Redelivered,
} from '../notify/Deliveries.ts'
export {
  type DeliverReceiptOptions,
  deliverReceipt,
  type Receipt,
  type ReceiptDelivery,
} from '../notify/deliverReceipt.ts'
export type { LoggedAttempt } from '../notify/deliveryLog.ts'
export { isPublicHost } from '../notify/isPublicAddress.ts'
export {
  type NotificationFailure,
  type NotifyPayment,
  type NotifyPaymentOptions,
  notifyPayment,
  type PaymentFacts,
} from '../notify/notifyPayment.ts'
export type { BackendEndpoint } from '../notify/openBackend.ts'
export type { RevocationEndpoint } from '../notify/openRevocations.ts'
export type { WebhookEndpoint } from '../notify/openWebhook.ts'
export { type Paid, type PaidRequest, type ToldResource, toPaid } from '../notify/Paid.ts'
export { isWebhookSecret, type WebhookSecrets, webhookSecretText } from '../notify/secrets.ts'
export {
  type ReceivedWebhook,
  type VerifiedWebhook,
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookRefusal,
} from '../notify/verifyWebhook.ts'
export {
  digestChallenge,
  type WebhookData,
  type WebhookEvent,
  type WebhookEventType,
  webhookEventTypes,
} from '../notify/WebhookEvent.ts'
export type { ProxyOptions } from '../proxy/ProxyOptions.ts'
export { proxyTo } from '../proxy/proxyTo.ts'
export { type HealthWatch, type HealthWatchOptions, watchHealth } from '../watchHealth.ts'
