import { z } from 'zod'
import { filled, object, version1 } from '../v2/Fields.ts'
import { type ExactPayload, ExactPayloadSchema } from '../v2/PaymentPayload.ts'
import { expectedV1Network, isV1Network, type V1Network } from './Network.ts'

/**
 * A payment of x402 version 1. It echoes no offer, so it does not say what it is for: only what was
 * signed, and for which scheme and network.
 */
export type V1PaymentPayload = {
  readonly x402Version: 1
  /** `exact` on this wire; other schemes decode too, and are the caller's to refuse. */
  readonly scheme: string
  readonly network: V1Network
  readonly payload: ExactPayload
}

export const v1Network: z.ZodType<V1Network> = z.custom<V1Network>(isV1Network, {
  error: expectedV1Network,
})

/** Checks the shape of {@link V1PaymentPayload}; for untrusted input use a parse function. */
export const V1PaymentPayloadSchema: z.ZodType<V1PaymentPayload> = object<V1PaymentPayload>({
  x402Version: version1,
  scheme: filled,
  network: v1Network,
  payload: ExactPayloadSchema,
})
