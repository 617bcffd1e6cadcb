import { z } from 'zod'
import {
  type Address,
  address,
  boolean,
  filled,
  object,
  open,
  positiveInteger,
  string,
  version,
} from './Fields.ts'
import { type PaymentPayload, PaymentPayloadSchema } from './PaymentPayload.ts'
import { type PaymentRequirements, PaymentRequirementsSchema } from './PaymentRequirements.ts'

/** The body of a facilitator's `POST /verify` and `POST /settle` (x402 v2 section 7). */
export type FacilitatorRequest = {
  readonly x402Version: 2
  readonly paymentPayload: PaymentPayload
  readonly paymentRequirements: PaymentRequirements
}

/** A facilitator's answer to `POST /verify`. */
export type VerifyResponse = {
  readonly isValid: boolean
  /** An open string; see `errorReasons` for the ones the specification lists. */
  readonly invalidReason?: string
  readonly invalidMessage?: string
  readonly payer?: Address
  readonly extensions?: Readonly<Record<string, unknown>>
  readonly extra?: Readonly<Record<string, unknown>>
}

/** One combination a facilitator handles. It may belong to a version or chain we do not speak. */
export type SupportedKind = {
  readonly x402Version: number
  readonly scheme: string
  /** CAIP-2 of any chain family, or a version 1 name. */
  readonly network: string
  readonly extra?: Readonly<Record<string, unknown>>
}

/** A facilitator's answer to `GET /supported`. */
export type SupportedResponse = {
  readonly kinds: readonly SupportedKind[]
  /** Keys of extensions; empty when the facilitator named none. */
  readonly extensions: readonly string[]
  /** Addresses that send transactions, by CAIP-2 pattern such as `eip155:*`. */
  readonly signers: Readonly<Record<string, readonly string[]>>
}

/** Checks the shape of {@link FacilitatorRequest}; for untrusted input use a parse function. */
export const FacilitatorRequestSchema: z.ZodType<FacilitatorRequest> = object<FacilitatorRequest>({
  x402Version: version,
  paymentPayload: PaymentPayloadSchema,
  paymentRequirements: PaymentRequirementsSchema,
})

/** Checks the shape of {@link VerifyResponse}; for untrusted input use a parse function. */
export const VerifyResponseSchema: z.ZodType<VerifyResponse> = object<VerifyResponse>({
  isValid: boolean,
  invalidReason: string.nullish(),
  invalidMessage: string.nullish(),
  payer: address.nullish(),
  extensions: open.nullish(),
  extra: open.nullish(),
})

const kind: z.ZodType<SupportedKind> = object<SupportedKind>({
  x402Version: positiveInteger,
  scheme: filled,
  network: filled,
  extra: open.nullish(),
})

const strings = z.array(string, { error: 'a list of strings' })
const signers = z.record(z.string(), strings, { error: 'an object of lists' })

/** Checks the shape of {@link SupportedResponse}; for untrusted input use a parse function. */
export const SupportedResponseSchema: z.ZodType<SupportedResponse> = object<SupportedResponse>({
  kinds: z.array(kind, { error: 'a list of kinds' }),
  extensions: strings.nullish().transform((value) => value ?? []),
  signers: signers.nullish().transform((value) => value ?? {}),
})
