import { z } from 'zod'
import type { Network } from '../Network.ts'
import {
  type Address,
  address,
  boolean,
  type Hex,
  network,
  object,
  open,
  string,
  uint256,
} from './Fields.ts'

/** The outcome of a settlement (x402 v2 section 5.3), for the buyer and from a facilitator. */
export type SettlementResponse = {
  readonly success: boolean
  /** An open string; see `errorReasons` for the ones the specification lists. */
  readonly errorReason?: string
  /** For people. Written by a facilitator it may quote its internals: do not pass it on unread. */
  readonly errorMessage?: string
  readonly payer?: Address
  /** The transaction hash, or `""` when nothing was sent. */
  readonly transaction: Hex | ''
  readonly network: Network
  /** What was really taken, in the asset's smallest unit, where a scheme allows it to differ. */
  readonly amount?: string
  readonly extensions?: Readonly<Record<string, unknown>>
  readonly extra?: Readonly<Record<string, unknown>>
}

const expectedTransaction = 'a transaction hash, 0x and 64 hex digits, or an empty string'
export const transaction: z.ZodType<Hex | ''> = z
  .string({ error: expectedTransaction })
  .regex(/^(?:0x[0-9a-fA-F]{64})?$/, { error: expectedTransaction }) as z.ZodType as z.ZodType<
  Hex | ''
>

/** Checks the shape of {@link SettlementResponse}; for untrusted input use a parse function. */
export const SettlementResponseSchema: z.ZodType<SettlementResponse> = object<SettlementResponse>({
  success: boolean,
  errorReason: string.nullish(),
  errorMessage: string.nullish(),
  payer: address.nullish(),
  transaction,
  network,
  amount: uint256.nullish(),
  extensions: open.nullish(),
  extra: open.nullish(),
})
