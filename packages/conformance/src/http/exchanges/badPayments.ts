import type { Exchange, Json } from '../Exchange.ts'
import { access, ask, paying, post, refusedPayment } from './steps.ts'

type Spoilt = readonly [name: string, status: number, code: string, change: Record<string, Json>]

const stranger = '0x00000000000000000000000000000000DeaDBeef'

/** A payment that is right but for one thing. */
const spoilt: readonly Spoilt[] = [
  ['version 3', 400, 'PAYMENT_VERSION_UNSUPPORTED', { x402Version: 3 }],
  ['an amount as a number', 400, 'PAYMENT_MALFORMED', { 'accepted.amount': 100_000 }],
  ['an amount with an exponent', 400, 'PAYMENT_MALFORMED', { 'accepted.amount': '1e5' }],
  ['a signature of half a byte', 400, 'PAYMENT_MALFORMED', { 'payload.signature': '0xabc' }],
  ['a nonce of one byte', 400, 'PAYMENT_MALFORMED', { 'payload.authorization.nonce': '0x07' }],
  [
    'a challenge id that is a path',
    400,
    'PAYMENT_MALFORMED',
    { 'accepted.extra.challengeId': '../../etc/passwd' },
  ],
  ['another scheme', 402, 'PAYMENT_SCHEME_UNSUPPORTED', { 'accepted.scheme': 'upto' }],
  ['another chain', 402, 'PAYMENT_NETWORK_MISMATCH', { 'accepted.network': 'eip155:1' }],
  ['another asset', 402, 'PAYMENT_ASSET_MISMATCH', { 'accepted.asset': stranger }],
  ['another payee', 402, 'PAYMENT_PAYEE_MISMATCH', { 'accepted.payTo': stranger }],
  ['a lower price', 402, 'PAYMENT_VALUE_MISMATCH', { 'accepted.amount': '1' }],
  ['another token domain', 402, 'PAYMENT_OFFER_MISMATCH', { 'accepted.extra.name': 'Fake' }],
  [
    'a transfer to somebody else',
    402,
    'PAYMENT_PAYEE_MISMATCH',
    { 'payload.authorization.to': stranger },
  ],
  ['a value of zero', 402, 'PAYMENT_VALUE_MISMATCH', { 'payload.authorization.value': '0' }],
  [
    'a signature of somebody else',
    402,
    'SIGNATURE_INVALID',
    { 'payload.authorization.from': stranger },
  ],
]

function spoil([name, status, code, change]: Spoilt): Exchange {
  return {
    name: `bad payment: ${name} is refused, and the right one still buys`,
    steps: [
      ask(),
      { send: paying({ change }), expect: refusedPayment(status, code) },
      { send: paying({ nonce: '0a' }), expect: { status: 200 } },
    ],
    transfers: 1,
  }
}

/** Payments that are refused. */
export const badPayments: readonly Exchange[] = [
  ...spoilt.map(spoil),
  {
    name: 'bad payment: a header that is not base64 is malformed, and not repeated',
    steps: [
      {
        send: post(
          access,
          { planId: 'basic' },
          {
            headers: [['PAYMENT-SIGNATURE', '%%%not*base64%%%']],
          },
        ),
        expect: {
          ...refusedPayment(400, 'PAYMENT_MALFORMED', 'invalid_payload'),
          text: { $lacks: 'not*base64' },
        },
      },
    ],
  },
  {
    name: 'bad payment: an empty header is a payment all the same',
    steps: [
      {
        send: post(access, { planId: 'basic' }, { headers: [['PAYMENT-SIGNATURE', '']] }),
        expect: refusedPayment(400, 'PAYMENT_MALFORMED'),
      },
    ],
  },
  {
    name: 'bad payment: the header sent twice is refused, whichever of both a proxy looked at',
    steps: [
      {
        send: post(
          access,
          { planId: 'basic' },
          {
            headers: [
              ['PAYMENT-SIGNATURE', 'e30='],
              ['PAYMENT-SIGNATURE', 'e30='],
            ],
          },
        ),
        expect: refusedPayment(400, 'PAYMENT_MALFORMED'),
      },
    ],
  },
  {
    name: 'bad payment: both payment headers at once are refused',
    steps: [
      ask(),
      {
        send: { ...paying(), headers: [['X-PAYMENT', 'e30=']] },
        expect: refusedPayment(400, 'PAYMENT_MALFORMED'),
      },
    ],
  },
  {
    name: 'bad payment: a header over 14 KiB is refused by its size, before it is read',
    steps: [
      {
        send: post(
          access,
          { planId: 'basic' },
          {
            headers: [['PAYMENT-SIGNATURE', 'A'.repeat(14_340)]],
          },
        ),
        expect: refusedPayment(431, 'HEADER_TOO_LARGE'),
      },
    ],
  },
]
