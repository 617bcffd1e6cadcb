import type { Exchange, Sent } from '../Exchange.ts'
import { access, post, refused } from './steps.ts'

type BadBody = readonly [name: string, status: number, code: string, send: Sent['send']]

const raw = (type: string, text: string): Sent['send'] => ({
  method: 'POST',
  path: access,
  headers: [['content-type', type]],
  text,
})
const json = 'application/json'

const badBodies: readonly BadBody[] = [
  ['a plan as a number', 400, 'REQUEST_MALFORMED', post(access, { planId: 1 })],
  [
    'a request id too short',
    400,
    'REQUEST_MALFORMED',
    post(access, { planId: 'basic', requestId: 'abc' }),
  ],
  ['a list', 400, 'REQUEST_MALFORMED', post(access, ['basic'])],
  ['JSON cut off', 400, 'REQUEST_MALFORMED', raw(json, '{"planId":"bas')],
  ['one key twice', 400, 'REQUEST_MALFORMED', raw(json, '{"planId":"basic","planId":"plus"}')],
  ['__proto__ as a key', 400, 'REQUEST_MALFORMED', raw(json, '{"__proto__":{"planId":"basic"}}')],
  [
    'a form',
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    raw('application/x-www-form-urlencoded', 'planId=basic'),
  ],
  ['text', 415, 'MEDIA_TYPE_UNSUPPORTED', raw('text/plain', '{"planId":"basic"}')],
  [
    'no content type',
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    { method: 'POST', path: access, text: '{"planId":"basic"}' },
  ],
  [
    'a content coding',
    415,
    'MEDIA_TYPE_UNSUPPORTED',
    post(access, { planId: 'basic' }, { headers: [['content-encoding', 'br']] }),
  ],
  ['more than 32 KiB', 413, 'BODY_TOO_LARGE', post(access, { planId: 'x'.repeat(33_000) })],
  [
    'more than 32 KiB, unannounced',
    413,
    'BODY_TOO_LARGE',
    post(access, { planId: 'x'.repeat(33_000) }, { chunked: true }),
  ],
]

/** The methods of each path, as `Allow` says them. */
const paths = [
  ['/discover', 'GET, HEAD, OPTIONS'],
  [access, 'POST, OPTIONS'],
  ['/x402/proof', 'POST, OPTIONS'],
] as const

/** Requests as HTTP knows them: methods, bodies, preflights, paths. */
export const requests: readonly Exchange[] = [
  ...badBodies.map(
    ([name, status, code, send]): Exchange => ({
      name: `request: a body of ${name} is refused`,
      steps: [{ send, expect: refused(status, code) }],
    }),
  ),
  ...paths.map(
    ([path, allow]): Exchange => ({
      name: `request: a preflight of ${path} is free and lists what a page may send`,
      steps: [
        {
          send: {
            method: 'OPTIONS',
            path,
            headers: [
              ['origin', 'https://page.example'],
              ['access-control-request-method', 'POST'],
              ['access-control-request-headers', 'payment-signature'],
            ],
          },
          expect: {
            status: 204,
            headers: {
              allow,
              'access-control-allow-origin': '*',
              'access-control-allow-methods': allow,
              'access-control-allow-headers': { $has: 'PAYMENT-SIGNATURE' },
              'access-control-allow-credentials': { $is: 'absent' },
            },
            text: '',
          },
        },
      ],
    }),
  ),
  {
    name: 'request: a preflight that carries a payment spends nothing',
    steps: [
      {
        send: { method: 'OPTIONS', path: access, headers: [['PAYMENT-SIGNATURE', 'e30=']] },
        expect: { status: 204 },
      },
    ],
  },
  ...(['GET', 'HEAD', 'DELETE', 'PATCH'] as const).map(
    (method): Exchange => ({
      name: `request: ${method} ${access} is refused and told what is allowed`,
      steps: [
        {
          send: { method, path: access },
          expect: { status: 405, headers: { allow: 'POST, OPTIONS' } },
        },
      ],
    }),
  ),
  {
    name: 'request: HEAD /discover says what GET would, without its body',
    steps: [
      {
        send: { method: 'HEAD', path: '/discover' },
        expect: { status: 200, headers: { 'content-type': 'application/json' }, text: '' },
      },
    ],
  },
  {
    name: 'request: a query of 2000 characters is refused',
    steps: [
      {
        send: post(`${access}?${'q'.repeat(2000)}`, { planId: 'basic' }),
        expect: refused(400, 'REQUEST_MALFORMED', { facts: { field: 'query' } }),
      },
    ],
  },
  ...['/x402%2Faccess', '/x402/access%00', '//x402/access', '/X402/ACCESS', '/x402/access;a'].map(
    (path): Exchange => ({
      name: `request: ${path} only looks like a path of ours`,
      steps: [{ send: post(path, { planId: 'basic' }), expect: { status: 404 } }],
    }),
  ),
]
