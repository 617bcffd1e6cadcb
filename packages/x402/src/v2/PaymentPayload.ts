import type { z } from 'zod'
import {
  type Address,
  address,
  bytes32,
  type Hex,
  object,
  open,
  signature,
  uint256,
  version,
} from './Fields.ts'
import { type ResourceInfo, ResourceInfoSchema } from './PaymentRequired.ts'
import { type PaymentRequirements, PaymentRequirementsSchema } from './PaymentRequirements.ts'

/** The message of EIP-3009 `transferWithAuthorization`. */
export type Authorization = {
  readonly from: Address
  readonly to: Address
  /** In the asset's smallest unit, as a decimal string that fits a `uint256`. */
  readonly value: string
  /** Unix seconds as a decimal string; valid strictly after. Clients often send `"0"`. */
  readonly validAfter: string
  /** Unix seconds as a decimal string; valid strictly before. */
  readonly validBefore: string
  /** Thirty-two bytes of the payer's choice. */
  readonly nonce: Hex
}

/** What the `exact` scheme carries on EVM chains: a signed EIP-3009 authorization. */
export type ExactPayload = {
  /** From a key (65 bytes), or a contract wallet's bytes (ERC-1271, ERC-6492). */
  readonly signature: Hex
  readonly authorization: Authorization
}

/** A payment (x402 v2 section 5.2). Well formed does not mean valid, matching or affordable. */
export type PaymentPayload = {
  readonly x402Version: 2
  readonly resource?: ResourceInfo
  /** The requirements the buyer says it agreed to; compare them with `requirementsMatch`. */
  readonly accepted: PaymentRequirements
  readonly payload: ExactPayload
  readonly extensions?: Readonly<Record<string, unknown>>
}

const AuthorizationSchema: z.ZodType<Authorization> = object<Authorization>({
  from: address,
  to: address,
  value: uint256,
  validAfter: uint256,
  validBefore: uint256,
  nonce: bytes32,
})

/** Checks the shape of {@link ExactPayload}; for untrusted input use a parse function. */
export const ExactPayloadSchema: z.ZodType<ExactPayload> = object<ExactPayload>({
  signature,
  authorization: AuthorizationSchema,
})

/** Checks the shape of {@link PaymentPayload}; for untrusted input use a parse function. */
export const PaymentPayloadSchema: z.ZodType<PaymentPayload> = object<PaymentPayload>({
  x402Version: version,
  resource: ResourceInfoSchema.nullish(),
  accepted: PaymentRequirementsSchema,
  payload: ExactPayloadSchema,
  extensions: open.nullish(),
})
