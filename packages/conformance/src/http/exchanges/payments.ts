import type { Exchange } from '../Exchange.ts'
import { access, ask, paying, post, refused, refusedPayment, sold } from './steps.ts'

const secretId = '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11'
const guessableId = 'order-0000000000000017'

/** Paying, and asking again for what was paid. */
export const payments: readonly Exchange[] = [
  {
    name: 'payment: an offer that is paid is answered with the grant and the receipt',
    steps: [ask(), { send: paying(), expect: sold }],
    transfers: 1,
  },
  {
    name: 'payment: the same request again gets the same bytes and pays nothing',
    steps: [
      ask(),
      { send: paying(), expect: sold, keep: { grant: { body: '$.accessToken' } } },
      {
        send: paying(),
        expect: { ...sold, body: { accessToken: '{{grant}}' } },
        keep: { receipt: { header: 'payment-response' } },
      },
      { send: paying(), expect: { ...sold, headers: { 'payment-response': '{{receipt}}' } } },
    ],
    transfers: 1,
  },
  {
    name: 'payment: twenty of the same request at once are one sale with one answer',
    steps: [ask(), { send: paying(), times: 20, expect: sold }],
    transfers: 1,
  },
  {
    name: 'payment: a buyer that signs anew for what it bought is charged once',
    steps: [
      ask(),
      { send: paying(), expect: sold, keep: { grant: { body: '$.accessToken' } } },
      { send: paying({ nonce: '08' }), expect: { ...sold, body: { accessToken: '{{grant}}' } } },
    ],
    transfers: 1,
  },
  {
    name: 'payment: somebody else who learnt the challenge gets a conflict and no offer',
    steps: [
      ask(),
      { send: paying(), expect: sold },
      {
        send: paying({ by: 'stranger', nonce: '09' }),
        expect: { ...refusedPayment(409, 'REQUEST_CONFLICT'), text: { $lacks: 'token-1' } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'payment: a payment that names no challenge is found by its secret request id',
    steps: [
      ask('offer', { planId: 'basic', requestId: secretId }),
      {
        send: post(
          access,
          { planId: 'basic', requestId: secretId },
          {
            payment: {
              for: 'offer',
              change: { 'accepted.extra': { name: 'USDC', version: '2', paymentFlow: 'upfront' } },
            },
          },
        ),
        expect: sold,
      },
    ],
    transfers: 1,
  },
  {
    name: 'payment: a mined payment copied by a thief who guessed the request id opens nothing',
    steps: [
      ask('offer', { planId: 'basic', requestId: guessableId }),
      {
        send: post(
          access,
          { planId: 'basic', requestId: guessableId },
          {
            payment: { for: 'offer' },
          },
        ),
        expect: sold,
      },
      {
        send: post(
          access,
          { planId: 'basic', requestId: guessableId },
          {
            payment: {
              for: 'offer',
              change: { 'accepted.extra': { name: 'USDC', version: '2', paymentFlow: 'upfront' } },
            },
          },
        ),
        expect: {
          ...refusedPayment(403, 'PAYER_PROOF_REQUIRED'),
          text: { $lacks: 'http-' },
        },
      },
    ],
    transfers: 1,
  },
  {
    name: 'payment: one authorization does not buy two challenges',
    steps: [
      ask('offer'),
      ask('other'),
      { send: paying(), expect: sold },
      {
        send: paying({ for: 'other' }),
        expect: { status: 409, body: { code: 'PAYMENT_SPENT' } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'payment: for another plan than the challenge’s is a conflict before money moves',
    steps: [
      ask(),
      {
        send: post(access, { planId: 'plus' }, { payment: { for: 'offer' } }),
        expect: refusedPayment(409, 'REQUEST_CONFLICT'),
      },
    ],
  },
  {
    name: 'payment: without a body of its own it is the challenge that says what is bought',
    steps: [
      ask(),
      {
        send: { method: 'POST', path: access, payment: { for: 'offer' } },
        expect: sold,
      },
    ],
    transfers: 1,
  },
  {
    name: 'payment: an expired challenge is gone and asks for no signature',
    steps: [
      ask(),
      { world: { does: 'time', passesMs: 901_000 } },
      { send: paying(), expect: refusedPayment(410, 'CHALLENGE_EXPIRED') },
    ],
  },
  {
    name: 'payment: with no node to ask it is pending, never a 402',
    steps: [
      ask(),
      { world: { does: 'chain', mood: 'silent' } },
      {
        send: paying(),
        expect: {
          status: 503,
          headers: { 'retry-after': { $like: '^[0-9]+$' } },
          decoded: { 'payment-response': { errorReason: 'settlement_pending' } },
        },
      },
      { world: { does: 'chain', mood: 'answers' } },
      { send: paying(), expect: sold },
    ],
    transfers: 1,
  },
  {
    name: 'payment: a delivery that fails says that the money arrived and goes back',
    steps: [
      ask(),
      { world: { does: 'issuer', mood: 'fail' } },
      {
        send: paying(),
        expect: {
          status: 502,
          headers: { 'content-type': 'application/problem+json' },
          body: { code: 'DELIVERY_FAILED', facts: { refund: { $is: 'present' } } },
          decoded: { 'payment-response': { success: true, transaction: { $like: '^0x' } } },
        },
      },
    ],
    transfers: 1,
  },
  {
    name: 'payment: what the backend refused once can still be delivered to the same payment',
    steps: [
      ask(),
      { world: { does: 'issuer', mood: 'fail' } },
      { send: paying(), expect: { status: 502 } },
      { world: { does: 'issuer', mood: 'issue' } },
      { send: paying(), expect: sold },
    ],
    transfers: 1,
  },
  {
    name: 'payment: an unknown challenge is unknown, and its id is not repeated',
    steps: [
      ask(),
      {
        send: paying({ change: { 'accepted.extra.challengeId': 'http-nobody-made-this' } }),
        expect: {
          ...refusedPayment(404, 'CHALLENGE_UNKNOWN'),
          text: { $lacks: 'nobody-made-this' },
        },
      },
    ],
  },
  {
    name: 'payment: PUT with a payment moves nothing',
    steps: [
      ask(),
      { send: { ...paying(), method: 'PUT' }, expect: refused(405, 'METHOD_NOT_ALLOWED') },
    ],
  },
]
