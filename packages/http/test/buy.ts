import { decodePaymentRequired, type PaymentPayload, type PaymentRequired } from '@key0/x402'
import { type Draft, paidDraft } from '../src/exports/testing.ts'
import { payer, type Shop } from './fakeEngine.ts'

export const origin = 'http://127.0.0.1:4021'

export function ask(body: unknown, path = '/x402/access'): Request {
  return new Request(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
}

export function readOffer(response: Response): PaymentRequired {
  return decodePaymentRequired(response.headers.get('PAYMENT-REQUIRED') ?? '')
}

/** What a client makes of an offer; its signature is none, because nobody looks at it here. */
export function signFor(offer: PaymentRequired): PaymentPayload {
  const [accepted] = offer.accepts
  if (!accepted) throw new Error('no offer')
  const now = Math.floor(Date.now() / 1000)
  return {
    x402Version: 2,
    resource: offer.resource,
    accepted,
    payload: {
      signature: `0x${'11'.repeat(64)}1b`,
      authorization: {
        ...{ from: payer, to: accepted.payTo, value: accepted.amount },
        ...{ validAfter: '0', validBefore: `${now + accepted.maxTimeoutSeconds}` },
        nonce: `0x${'22'.repeat(32)}`,
      },
    },
  }
}

/** A valid paid request for a challenge of its own. */
export async function draftFor(shop: Shop, planId = 'basic'): Promise<Draft> {
  const response = await shop.handler(ask({ planId }))
  return paidDraft(planId, signFor(readOffer(response)))
}

export const challengeIdOf = (draft: Draft): string =>
  `${(draft.payment as PaymentPayload).accepted.extra?.challengeId}`
