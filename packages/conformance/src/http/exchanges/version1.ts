import type { Exchange, Expected, Json, SentPayment, SentRequest } from '../Exchange.ts'
import { access, ask, paying, post, refused, sold } from './steps.ts'

const secretId = '7c1d4b62-9a41-4c1d-8f57-6b1f2f9f7c11'

/** The same authorization as version 1 sends it: with nothing of the offer but scheme and network. */
function payingV1(
  json: Json = { planId: 'basic' },
  payment: Partial<SentPayment> = {},
): SentRequest {
  const v1 = { x402Version: 1, scheme: 'exact', network: 'base-sepolia' }
  const change = { ...v1, ...payment.change }
  return post(access, json, {
    payment: { for: 'offer', header: 'X-PAYMENT', ...payment, change },
  })
}

const { decoded: _, ...soldInAnyVersion } = sold

/** A sale told in version 1. */
const soldV1: Expected = {
  ...soldInAnyVersion,
  headers: { ...soldInAnyVersion.headers, 'payment-response': { $is: 'absent' } },
  decoded: { 'x-payment-response': { success: true, network: 'base-sepolia' } },
}

function refusedV1(status: number, code: string): Expected {
  return {
    ...refused(status, code),
    decoded: { 'x-payment-response': { success: false, transaction: '', network: 'base-sepolia' } },
  }
}

/** Version 1 of x402, at the same addresses. */
export const version1: readonly Exchange[] = [
  {
    name: 'version 1: the body of a 402 is an offer that its clients read',
    steps: [
      {
        send: post(access, { planId: 'basic' }),
        expect: {
          status: 402,
          body: {
            x402Version: 1,
            accepts: [
              {
                scheme: 'exact',
                network: 'base-sepolia',
                maxAmountRequired: '100000',
                mimeType: 'application/json',
                outputSchema: { input: { type: 'http', method: 'POST' } },
                extra: { name: 'USDC', version: '2' },
              },
            ],
          },
        },
      },
    ],
  },
  {
    name: 'version 1: a payment in X-PAYMENT is answered with the grant, in version 1',
    steps: [ask(), { send: payingV1(), expect: soldV1 }],
    transfers: 1,
  },
  {
    name: 'version 1: a payment as base64url is read as well',
    steps: [
      ask(),
      { send: payingV1({ planId: 'basic' }, { encoding: 'base64url' }), expect: soldV1 },
    ],
    transfers: 1,
  },
  {
    name: 'version 1: a buyer that named its request by a random id gets the same grant again',
    steps: [
      ask(),
      {
        send: payingV1({ planId: 'basic', requestId: secretId }),
        expect: soldV1,
        keep: { grant: { body: '$.accessToken' } },
      },
      {
        send: payingV1({ planId: 'basic', requestId: secretId }),
        expect: { ...soldV1, body: { accessToken: '{{grant}}' } },
      },
      {
        send: payingV1({ planId: 'basic', requestId: secretId }, { nonce: '08' }),
        expect: { ...soldV1, body: { accessToken: '{{grant}}' } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'version 1: a payment that names nothing, sent again, opens nothing and charges nothing',
    steps: [
      ask(),
      { send: payingV1(), expect: soldV1 },
      {
        send: payingV1(),
        expect: { ...refusedV1(403, 'PAYER_PROOF_REQUIRED'), text: { $lacks: 'http-' } },
        keep: { requestId: { body: '$.facts.requestId' } },
      },
      // What its payer can do: ask by the id that it was told, sign that offer, and be served.
      {
        send: post(access, { planId: 'basic', requestId: '{{requestId}}' }),
        expect: { status: 402 },
      },
      {
        send: payingV1({ planId: 'basic', requestId: '{{requestId}}' }, { nonce: '08' }),
        expect: soldV1,
      },
    ],
    transfers: 1,
  },
  {
    name: 'version 1: who named nothing and was not delivered is told what is answered, not to repeat',
    steps: [
      ask(),
      { world: { does: 'issuer', mood: 'fail' } },
      {
        send: payingV1(),
        expect: {
          status: 502,
          headers: { 'retry-after': { $is: 'absent' } },
          body: {
            code: 'DELIVERY_FAILED',
            retry: 'never',
            facts: { refund: { $is: 'present' }, expected: { $like: 'not this payment again' } },
          },
          decoded: { 'x-payment-response': { success: true, transaction: { $like: '^0x' } } },
        },
        keep: {
          challengeId: { body: '$.facts.challengeId' },
          requestId: { body: '$.facts.requestId' },
        },
      },
      // It says what can be done, and that is so.
      {
        send: { method: 'GET', path: '/x402/challenges/{{challengeId}}' },
        expect: { status: 200, body: { state: 'PAID', refund: { status: 'waiting' } } },
      },
      { world: { does: 'issuer', mood: 'issue' } },
      { send: payingV1(), expect: refusedV1(403, 'PAYER_PROOF_REQUIRED') },
      {
        send: post(access, { planId: 'basic', requestId: '{{requestId}}' }),
        expect: { status: 402 },
      },
      {
        send: payingV1({ planId: 'basic', requestId: '{{requestId}}' }, { nonce: '08' }),
        expect: soldV1,
      },
    ],
    transfers: 1,
  },
  {
    name: 'version 1: one payment opens no other plan',
    steps: [
      ask(),
      { send: payingV1(), expect: soldV1 },
      { send: payingV1({ planId: 'plus' }), expect: refusedV1(409, 'REQUEST_CONFLICT') },
      {
        send: payingV1({ planId: 'basic', resourceId: 'other' }),
        expect: refusedV1(409, 'REQUEST_CONFLICT'),
      },
      {
        send: payingV1({ planId: 'basic', requestId: secretId }),
        expect: refusedV1(409, 'PAYMENT_SPENT'),
      },
    ],
    transfers: 1,
  },
  {
    name: 'version 1: a payment of another network is shown the offer again, in both versions',
    steps: [
      ask(),
      {
        send: payingV1({ planId: 'basic' }, { change: { network: 'base' } }),
        expect: refusedV1(402, 'PAYMENT_NETWORK_MISMATCH'),
        keep: { again: { decoded: 'payment-required' } },
      },
      { send: payingV1({ planId: 'basic' }, { for: 'again', nonce: '0a' }), expect: soldV1 },
    ],
    transfers: 1,
  },
  {
    name: 'version 1: with no node to ask it is pending in version 1 too, never a 402',
    steps: [
      ask(),
      { world: { does: 'chain', mood: 'silent' } },
      {
        send: payingV1({ planId: 'basic', requestId: secretId }),
        expect: {
          status: 503,
          decoded: { 'x-payment-response': { errorReason: 'settlement_pending' } },
        },
      },
      { world: { does: 'chain', mood: 'answers' } },
      { send: payingV1({ planId: 'basic', requestId: secretId }), expect: soldV1 },
    ],
    transfers: 1,
  },
  {
    name: 'version 1: what was bought in version 1 is not sold again in version 2',
    steps: [
      ask(),
      { send: payingV1(), expect: soldV1 },
      { send: paying(), expect: { status: 409, body: { code: 'PAYMENT_SPENT' } } },
    ],
    transfers: 1,
  },
]
