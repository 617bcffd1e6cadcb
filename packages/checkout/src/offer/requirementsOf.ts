import { type ChallengeRecord, Key0Error, type Offer, sameAddress } from '@key0/core'
import { type PaymentRequirements, toNetwork } from '@key0/x402'
import type { Settings } from '../CheckoutOptions.ts'

/**
 * How long a buyer's authorization may live, in seconds. A function of the record alone, so that
 * the offer rebuilt when the payment comes equals the one that went out.
 */
export function timeoutOf(
  challenge: Pick<ChallengeRecord, 'createdAt' | 'expiresAt'>,
  offer: Pick<Offer, 'maxTimeoutSeconds'>,
  settings: Pick<Settings, 'maxTimeoutSeconds'>,
): number {
  const lifeMs = challenge.expiresAt.getTime() - challenge.createdAt.getTime()
  const life = Math.max(1, Math.floor(lifeMs / 1000))
  return Math.min(settings.maxTimeoutSeconds, offer.maxTimeoutSeconds, life)
}

/** The parts of an offer that are the same for every challenge of a plan. */
export type Terms = {
  readonly offer: Offer
  readonly timeoutSeconds: number
}

/**
 * What every offer and every document calls our one way to pay: what a buyer signs, or a transfer
 * that it makes itself.
 */
export function schemeOf({ exact }: Pick<Settings['seller'], 'exact'>): Scheme {
  return exact === false ? 'onchain-proof' : 'exact'
}

export type Scheme = 'exact' | 'onchain-proof'

/**
 * Our one way to pay, as x402 v2 writes it. `paymentFlow: upfront` because we settle before we
 * deliver; clients that do not know the field ignore it.
 *
 * @throws CONFIG_INVALID when the challenge is in another token than the configured one, whose
 * EIP-712 domain we therefore cannot name.
 */
export function requirementsOf(
  { offer, timeoutSeconds }: Terms,
  challengeId: string | undefined,
  seller: Settings['seller'],
): PaymentRequirements {
  const { token, chainId } = seller
  if (!sameAddress(offer.token, token.address) || offer.chainId !== chainId) {
    const facts = { seller: 'the engine and the seller name different tokens or chains' }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
  return {
    scheme: schemeOf(seller),
    network: toNetwork(offer.chainId),
    amount: `${offer.value}`,
    asset: offer.token,
    payTo: offer.payTo,
    maxTimeoutSeconds: timeoutSeconds,
    extra: {
      name: token.name,
      version: token.version,
      paymentFlow: 'upfront',
      ...(challengeId !== undefined && { challengeId }),
    },
  }
}
