import { z } from 'zod'
import {
  type Address,
  address,
  filled,
  object,
  open,
  positiveInteger,
  string,
  uint256,
  version1,
} from '../v2/Fields.ts'
import type { V1Network } from './Network.ts'
import { v1Network } from './PaymentPayload.ts'

/** One way to pay, as x402 version 1 writes it: what is for sale stands in every entry. */
export type V1PaymentRequirements = {
  readonly scheme: string
  readonly network: V1Network
  /** In the asset's smallest unit, as a decimal string that fits a `uint256`. */
  readonly maxAmountRequired: string
  /** The exact URL that was asked for. */
  readonly resource: string
  /** Required by the reference client; may be empty. */
  readonly description: string
  readonly mimeType?: string
  /** An object or absent: `null`, as the specification's own example has it, breaks its client. */
  readonly outputSchema?: Readonly<Record<string, unknown>>
  readonly payTo: Address
  readonly maxTimeoutSeconds: number
  readonly asset: Address
  /** For EIP-3009 `name` and `version` of the token's EIP-712 domain. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** The challenge in the JSON body of a version 1 402. */
export type V1PaymentRequired = {
  readonly x402Version: 1
  readonly error?: string
  /** At least one. */
  readonly accepts: readonly V1PaymentRequirements[]
}

const requirements: z.ZodType<V1PaymentRequirements> = object<V1PaymentRequirements>({
  scheme: filled,
  network: v1Network,
  maxAmountRequired: uint256,
  resource: filled,
  description: string,
  mimeType: string.nullish(),
  outputSchema: open.nullish(),
  payTo: address,
  maxTimeoutSeconds: positiveInteger,
  asset: address,
  extra: open.nullish(),
})

/** Checks the shape of {@link V1PaymentRequired}; for untrusted input use a parse function. */
export const V1PaymentRequiredSchema: z.ZodType<V1PaymentRequired> = object<V1PaymentRequired>({
  x402Version: version1,
  error: string.nullish(),
  accepts: z
    .array(requirements, { error: 'a list of payment requirements' })
    .min(1, { error: 'at least one payment requirement on an EVM network' }),
})
