import { invariant, type Offer, type SignedAuthorization } from '@key0/core'
import { getAddress } from 'viem'
import type { EvmChain } from '../chain/EvmChain.ts'

/**
 * The body of `/verify` and `/settle` (x402 version 2, scheme exact, EIP-3009), built from our
 * own offer: what a client accepted is never passed on.
 */
export function buildPaymentBody(
  { row, token }: EvmChain,
  offer: Offer,
  authorization: SignedAuthorization,
): Readonly<Record<string, unknown>> {
  const { from, to, value, validAfter, validBefore, nonce, signature } = authorization
  invariant(token.transferMethod === 'eip3009', 'a facilitator is given authorizations only')
  const paymentRequirements = {
    scheme: 'exact',
    network: row.caip2,
    amount: `${offer.value}`,
    asset: getAddress(offer.token),
    payTo: getAddress(offer.payTo),
    maxTimeoutSeconds: offer.maxTimeoutSeconds,
    extra: { ...token.domain },
  }
  const payload = {
    signature,
    authorization: {
      from: getAddress(from),
      to: getAddress(to),
      value: `${value}`,
      validAfter: `${validAfter}`,
      validBefore: `${validBefore}`,
      nonce,
    },
  }
  return {
    x402Version: 2,
    paymentPayload: { x402Version: 2, accepted: paymentRequirements, payload },
    paymentRequirements,
  }
}
