import type { z } from 'zod'
import type { Network } from '../Network.ts'
import {
  type Address,
  address,
  filled,
  network,
  object,
  open,
  positiveInteger,
  uint256,
} from './Fields.ts'

/** One way to pay (x402 v2 section 5.1.2). */
export type PaymentRequirements = {
  /** `exact` on this wire; other schemes decode too, and are the caller's to refuse. */
  readonly scheme: string
  readonly network: Network
  /** In the asset's smallest unit, as a decimal string that fits a `uint256`. */
  readonly amount: string
  /** The token contract. */
  readonly asset: Address
  readonly payTo: Address
  /** How long an authorization stays valid after it was signed, in seconds. */
  readonly maxTimeoutSeconds: number
  /**
   * Scheme data that the buyer echoes: for EIP-3009 `name` and `version` of the token's EIP-712
   * domain, and whatever the seller adds to recognise its own offer.
   */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** Checks the shape of {@link PaymentRequirements}; for untrusted input use a parse function. */
export const PaymentRequirementsSchema: z.ZodType<PaymentRequirements> =
  object<PaymentRequirements>({
    scheme: filled,
    network,
    amount: uint256,
    asset: address,
    payTo: address,
    maxTimeoutSeconds: positiveInteger,
    extra: open.nullish(),
  })
