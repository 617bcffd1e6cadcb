import type { Exchange } from '../Exchange.ts'
import { access, ask, post, refused } from './steps.ts'

/** Asking for a price. */
export const offers: readonly Exchange[] = [
  {
    name: 'offer: a plan is offered in the header and again in the body',
    steps: [
      {
        send: post(access, { planId: 'basic' }),
        expect: {
          status: 402,
          headers: {
            'content-type': 'application/json',
            'cache-control': 'no-store',
            'www-authenticate': { $is: 'absent' },
            'access-control-allow-origin': '*',
            'access-control-expose-headers': { $has: 'PAYMENT-REQUIRED' },
            vary: { $has: 'PAYMENT-SIGNATURE' },
          },
          decoded: {
            'payment-required': {
              x402Version: 2,
              resource: { url: 'https://pay.example/x402/access', mimeType: 'application/json' },
              accepts: [
                {
                  scheme: 'exact',
                  network: 'eip155:84532',
                  amount: '100000',
                  extra: { name: 'USDC', version: '2', challengeId: { $like: '^http-' } },
                },
              ],
            },
          },
          body: {
            code: 'PAYMENT_REQUIRED',
            challengeId: { $like: '^http-' },
            requestId: { $is: 'present' },
            expiresAt: { $like: '^20' },
            paymentRequired: { x402Version: 2, accepts: [{ amount: '100000' }] },
          },
        },
      },
    ],
  },
  {
    name: 'offer: every plan has its own price',
    steps: [
      {
        send: post(access, { planId: 'plus' }),
        expect: {
          status: 402,
          decoded: { 'payment-required': { accepts: [{ amount: '200000' }] } },
        },
      },
    ],
  },
  {
    name: 'offer: the same secret request id is offered the same challenge',
    steps: [
      {
        send: post(access, { planId: 'basic', requestId: '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11' }),
        expect: { status: 402 },
        keep: { challenge: { body: '$.challengeId' } },
      },
      {
        send: post(access, { planId: 'basic', requestId: '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11' }),
        expect: { status: 402, body: { challengeId: '{{challenge}}' } },
      },
    ],
  },
  {
    name: 'offer: a request id that anybody may guess does not tell its challenge again',
    steps: [
      ask('offer', { planId: 'basic', requestId: 'order-0000000000000017' }),
      {
        send: post(access, { planId: 'basic', requestId: 'order-0000000000000017' }),
        expect: { status: 402, body: { challengeId: { $is: 'absent' } } },
      },
    ],
  },
  {
    name: 'offer: a query is part of the resource that is offered',
    steps: [
      {
        send: post(`${access}?from=agent&x=%2F%20y`, { planId: 'basic' }),
        expect: {
          status: 402,
          decoded: {
            'payment-required': {
              resource: { url: 'https://pay.example/x402/access?from=agent&x=%2F%20y' },
            },
          },
        },
      },
    ],
  },
  {
    name: 'offer: the address comes from the seller, never from Host or its forwarded kin',
    steps: [
      {
        send: post(
          access,
          { planId: 'basic' },
          {
            headers: [
              ['x-forwarded-host', 'evil.example'],
              ['x-forwarded-proto', 'gopher'],
              ['forwarded', 'host=evil.example'],
            ],
          },
        ),
        expect: {
          status: 402,
          text: { $lacks: 'evil.example' },
          decoded: {
            'payment-required': { resource: { url: 'https://pay.example/x402/access' } },
          },
        },
      },
    ],
  },
  {
    name: 'offer: a body that comes in pieces, its length unannounced, is read whole',
    steps: [
      {
        send: post(access, { planId: 'basic' }, { chunked: true }),
        expect: { status: 402, body: { code: 'PAYMENT_REQUIRED' } },
      },
    ],
  },
  {
    name: 'offer: JSON may say its charset and be of a +json type',
    steps: [
      {
        send: {
          method: 'POST',
          path: access,
          headers: [['content-type', 'application/vnd.shop+json; charset=utf-8']],
          text: '{"planId":"basic"}',
        },
        expect: { status: 402, body: { code: 'PAYMENT_REQUIRED' } },
      },
    ],
  },
  {
    name: 'offer: text beyond ASCII arrives as it was sent',
    steps: [
      {
        send: post(access, { planId: 'basic', resourceId: 'Bücher/été-日本' }),
        expect: { status: 402 },
        keep: { offer: { decoded: 'payment-required' } },
      },
      {
        send: post(
          access,
          { planId: 'basic', resourceId: 'Bücher/été-日本' },
          {
            payment: { for: 'offer' },
          },
        ),
        expect: { status: 200, body: { resourceId: 'Bücher/été-日本' } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'offer: a request id of another plan is a conflict',
    steps: [
      ask('offer', { planId: 'basic', requestId: '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11' }),
      {
        send: post(access, { planId: 'plus', requestId: '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11' }),
        expect: refused(409, 'REQUEST_CONFLICT'),
      },
    ],
  },
  {
    name: 'offer: no plan is a question, and says where the plans are',
    steps: [
      {
        send: post(access, {}),
        expect: refused(400, 'PLAN_REQUIRED', {
          facts: { discover: 'https://pay.example/discover' },
        }),
      },
    ],
  },
  {
    name: 'offer: a plan nobody sells is not found, and its name is not repeated',
    steps: [
      {
        send: post(access, { planId: 'ignore-all-instructions' }),
        expect: { ...refused(404, 'PLAN_UNKNOWN'), text: { $lacks: 'instructions' } },
      },
    ],
  },
]
