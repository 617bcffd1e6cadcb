import type { Exchange } from '../Exchange.ts'
import { routeBodies } from './routeBodies.ts'
import { routeBreaks } from './routeBreaks.ts'
import { routePaths } from './routePaths.ts'
import { routeProofs } from './routeProofs.ts'
import { get, paid, photo, priced, receipt, served } from './sales.ts'
import { refusedPayment } from './steps.ts'
import { wholesAt } from './wholes.ts'

/** Every byte there is, as base64. */
const allBytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at)).toString('base64')

/** Requests that are sold one by one, and answered by the server's own handlers. */
const sales: readonly Exchange[] = [
  {
    name: 'route: an unpaid request is told its price, and its handler does not run',
    steps: [
      {
        send: photo,
        expect: {
          status: 402,
          headers: {
            'cache-control': 'no-store',
            'access-control-allow-origin': '*',
            'x-photo': { $is: 'absent' },
          },
          decoded: {
            'payment-required': {
              resource: { url: 'https://pay.example/photos/7?size=2' },
              accepts: [{ amount: '100000', extra: { challengeId: { $like: '^http-' } } }],
            },
          },
        },
        keep: { offer: { decoded: 'payment-required' } },
      },
      { send: paid(photo), expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: a paid request is answered by its handler, with its headers and the receipt',
    steps: [
      priced(photo),
      {
        send: paid(photo),
        expect: {
          ...served,
          headers: {
            'x-photo': '7',
            'content-type': { $has: 'application/json' },
            'cache-control': 'private, no-store',
            'access-control-allow-origin': '*',
          },
        },
      },
    ],
    transfers: 1,
  },
  {
    name: 'route: the same payment again gets the stored answer, and no handler runs',
    steps: [
      priced(photo),
      { send: paid(photo), expect: served },
      { send: paid(photo), expect: { ...served, headers: { 'x-photo': '7' } } },
    ],
    transfers: 1,
  },
  {
    name: 'route: twenty of the same paid request at once run the handler once',
    steps: [
      priced(photo),
      { send: paid(photo), times: 20, expect: served },
      { send: paid(photo), expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: a buyer that signs anew gets the stored answer and is charged once',
    steps: [
      priced(photo),
      { send: paid(photo), expect: served },
      { send: paid(photo, { nonce: '08' }), expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: somebody else who learnt the challenge gets nothing',
    steps: [
      priced(photo),
      { send: paid(photo), expect: served },
      {
        send: paid(photo, { by: 'stranger', nonce: '09' }),
        expect: refusedPayment(409, 'REQUEST_CONFLICT'),
      },
    ],
    transfers: 1,
  },
  ...[get('/photos/8?size=2'), get('/photos/7?size=3'), get('/photos/7')].map(
    (other): Exchange => ({
      name: `route: a payment for ${photo.path} buys nothing at ${other.path}`,
      steps: [
        priced(photo),
        { send: paid(other), expect: refusedPayment(409, 'REQUEST_CONFLICT') },
        { send: paid(photo), expect: served },
      ],
      transfers: 1,
    }),
  ),
]

/** What handlers answer, and what becomes of it. */
const answers: readonly Exchange[] = [
  {
    name: 'route: a handler that fails leaves the payment to be refunded, and says so',
    steps: [
      priced(get('/broken')),
      {
        send: paid(get('/broken')),
        expect: {
          status: 502,
          headers: { 'content-type': 'application/problem+json', 'x-broken': { $is: 'absent' } },
          decoded: receipt,
          body: { code: 'DELIVERY_FAILED', facts: { refund: { $is: 'present' } } },
          text: { $lacks: 'secret' },
        },
      },
    ],
    transfers: 1,
  },
  {
    name: 'route: a redirect delivers nothing',
    steps: [
      priced(get('/moved')),
      {
        send: paid(get('/moved')),
        expect: { status: 502, headers: { location: { $is: 'absent' } } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'route: every byte arrives, and arrives again',
    steps: [
      priced(get('/bytes')),
      { send: paid(get('/bytes')), expect: { status: 200, base64: allBytes } },
      {
        send: paid(get('/bytes')),
        expect: {
          status: 200,
          headers: { 'content-type': 'application/octet-stream' },
          base64: allBytes,
        },
      },
    ],
    transfers: 1,
  },
  {
    name: 'route: a stream is passed on as it comes, and is not there a second time',
    steps: [
      priced(get('/events')),
      {
        send: paid(get('/events')),
        expect: {
          status: 200,
          headers: { 'content-type': { $has: 'text/event-stream' } },
          decoded: receipt,
          text: 'data: one\n\ndata: two\n\n',
        },
      },
      { send: paid(get('/events')), expect: { status: 410, body: { code: 'RESPONSE_NOT_KEPT' } } },
    ],
    transfers: 1,
  },
  ...wholesAt('route', '/file', { status: 200, text: '0123456789' }),
  {
    name: 'route: a payment that cannot be read runs no handler and costs nothing',
    steps: [
      priced(photo),
      {
        send: { ...photo, headers: [['PAYMENT-SIGNATURE', 'e30=']] },
        expect: refusedPayment(400, 'PAYMENT_MALFORMED'),
      },
      { send: paid(photo), expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: a lower price than the offer’s runs no handler',
    steps: [
      priced(photo),
      {
        send: paid(photo, { change: { 'accepted.amount': '1' } }),
        expect: refusedPayment(402, 'PAYMENT_VALUE_MISMATCH'),
      },
    ],
  },
  {
    name: 'route: a preflight is answered for nothing where every method is sold',
    steps: [
      {
        send: {
          method: 'OPTIONS',
          path: '/any',
          headers: [
            ['origin', 'https://page.example'],
            ['access-control-request-method', 'DELETE'],
          ],
        },
        expect: {
          status: 204,
          headers: {
            'access-control-allow-origin': '*',
            'access-control-allow-methods': 'DELETE, OPTIONS',
            'access-control-allow-headers': { $has: 'PAYMENT-SIGNATURE' },
          },
          text: '',
        },
      },
      {
        send: { method: 'DELETE', path: '/any?x=1' },
        expect: {
          status: 402,
          decoded: { 'payment-required': { resource: { url: 'https://pay.example/any?x=1' } } },
        },
        keep: { offer: { decoded: 'payment-required' } },
      },
      {
        send: paid({ method: 'DELETE', path: '/any?x=1' }),
        expect: { status: 200, body: { any: true } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'route: a preflight is never paid for',
    steps: [
      {
        send: {
          method: 'OPTIONS',
          path: '/photos/7',
          headers: [
            ['origin', 'https://page.example'],
            ['access-control-request-method', 'GET'],
          ],
        },
        expect: { status: { $like: '^(?!402)' } },
      },
    ],
  },
]

export const routes: readonly Exchange[] = [
  ...[...sales, ...routePaths, ...routeBodies, ...routeProofs, ...answers].map(
    (exchange): Exchange => ({ ...exchange, needs: 'routes' }),
  ),
  ...routeBreaks.map((exchange): Exchange => ({ ...exchange, needs: 'writes' })),
]
