import type { z } from 'zod'
import { toChainId } from '../Network.ts'
import { type Address, address, boolean, type Hex, object, string } from '../v2/Fields.ts'
import { type SettlementResponse, transaction } from '../v2/SettlementResponse.ts'
import { toV1Network, type V1Network } from './Network.ts'
import { v1Network } from './PaymentPayload.ts'

/** The outcome of a settlement in `X-PAYMENT-RESPONSE`. */
export type V1SettlementResponse = {
  readonly success: boolean
  readonly errorReason?: string
  /** The transaction hash, or `""` when nothing was sent. */
  readonly transaction: Hex | ''
  readonly network: V1Network
  readonly payer?: Address
}

/** Checks the shape of {@link V1SettlementResponse}; for untrusted input use a parse function. */
export const V1SettlementResponseSchema: z.ZodType<V1SettlementResponse> =
  object<V1SettlementResponse>({
    success: boolean,
    errorReason: string.nullish(),
    transaction,
    network: v1Network,
    payer: address.nullish(),
  })

/**
 * The same outcome in version 1's words; `undefined` on a chain that version 1 cannot name.
 */
export function toV1SettlementResponse({
  success,
  errorReason,
  transaction,
  network,
  payer,
}: SettlementResponse): V1SettlementResponse | undefined {
  const name = toV1Network(toChainId(network))
  if (name === undefined) return undefined
  const why = errorReason !== undefined && { errorReason }
  return { success, ...why, transaction, network: name, ...(payer && { payer }) }
}
