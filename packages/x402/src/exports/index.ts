/*
 * Words used throughout, each with one meaning:
 *   header      one HTTP field value of this wire, base64 of a JSON message
 *   message     one of the JSON objects of the specification
 *   challenge   a `PaymentRequired`: what a 402 asks for
 *   offer       one entry of a challenge's `accepts`, a `PaymentRequirements`
 *   payment     a `PaymentPayload`: what the buyer signed
 *   outcome     a `SettlementResponse`: what became of it
 */
export {
  HEADER_BUDGET_BYTES,
  HEADER_WARN_BYTES,
  type HeaderLimits,
  isHeaderLarge,
  MAX_HEADER_BYTES,
} from '../http/HeaderJson.ts'
export { corsHeaders, headerNames } from '../http/HeaderName.ts'
export { type JsonLimits, MAX_JSON_DEPTH, parseJson } from '../json/parseJson.ts'
export { isNetwork, type Network, toChainId, toNetwork, v1NetworkChainIds } from '../Network.ts'
export {
  decodeV1PaymentHeader,
  decodeV1SettlementResponse,
  encodeV1PaymentHeader,
  encodeV1SettlementResponse,
  parseV1PaymentPayload,
  parseV1PaymentRequired,
} from '../v1/HeaderCodec.ts'
export { toV1Network, type V1Network } from '../v1/Network.ts'
export type { V1PaymentPayload } from '../v1/PaymentPayload.ts'
export type { V1PaymentRequired, V1PaymentRequirements } from '../v1/PaymentRequired.ts'
export { decodeAnyPayment, parseAnyPayment } from '../v1/readAnyPayment.ts'
export { toV1SettlementResponse, type V1SettlementResponse } from '../v1/SettlementResponse.ts'
export {
  type ErrorReason,
  errorReasons,
  isNonceAlreadyUsed,
  isSettlementPending,
  settlementPending,
} from '../v2/ErrorReason.ts'
export {
  type FacilitatorRequest,
  FacilitatorRequestSchema,
  type SupportedKind,
  type SupportedResponse,
  SupportedResponseSchema,
  type VerifyResponse,
  VerifyResponseSchema,
} from '../v2/Facilitator.ts'
export type { Address, Hex } from '../v2/Fields.ts'
export {
  decodePaymentHeader,
  decodePaymentRequired,
  decodeSettlementResponse,
  encodePaymentHeader,
  encodePaymentRequired,
  encodeSettlementResponse,
} from '../v2/HeaderCodec.ts'
export {
  type Authorization,
  type ExactPayload,
  ExactPayloadSchema,
  type PaymentPayload,
  PaymentPayloadSchema,
} from '../v2/PaymentPayload.ts'
export {
  type PaymentRequired,
  PaymentRequiredSchema,
  type ResourceInfo,
  ResourceInfoSchema,
} from '../v2/PaymentRequired.ts'
export { type PaymentRequirements, PaymentRequirementsSchema } from '../v2/PaymentRequirements.ts'
export {
  parseFacilitatorRequest,
  parsePaymentPayload,
  parsePaymentRequired,
  parseSettlementResponse,
  parseSupportedResponse,
  parseVerifyResponse,
} from '../v2/parseMessage.ts'
export { requirementsMatch } from '../v2/requirementsMatch.ts'
export { type SettlementResponse, SettlementResponseSchema } from '../v2/SettlementResponse.ts'
export { WireError, type WireErrorCode, wireErrorCodes } from '../WireError.ts'
