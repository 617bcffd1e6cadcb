import type { Exchange, Sent, SentRequest } from '../Exchange.ts'
import { get, paid, photo, priced, receipt, served } from './sales.ts'

/** Other spellings of the photo's path, and targets that lead astray. */
const spellings: readonly string[] = [
  ...['/photos/7/', '//photos/7', '/photos//7', '/photos%2F7', '/photos%252F7', '/photos%5C7'],
  ...['/PHOTOS/7', '/photos/7.', '/photos/7%2E', '/photos/%37', '/photos/7%', '/photos/%zz'],
  ...['/photos/%c0%af7', '/photos/7%00', '/photos/7;a=1', '/photos/7@evil.example'],
  ...['@evil.example/photos/7', '//evil.example/photos/7', '*'],
]

/**
 * What a URL parser makes the photo's path of before a framework sees it (WHATWG URL), and the
 * absolute form that every server must take (RFC 9112 section 3.2.2). It is the very same request,
 * or none.
 */
const rewritten: readonly string[] = [
  ...['/photos/./7', '/photos/x/../7', '/x/%2e%2e/photos/7', '/photos\\7'],
  'http://evil.example/photos/7',
]

/** No handler runs, and nothing of another host comes back as an address of ours. */
const refused = (send: SentRequest): Sent => ({
  send,
  expect: {
    status: { $like: '^4' },
    headers: { 'x-photo': { $is: 'absent' }, location: { $is: 'absent' } },
    text: { $lacks: 'http://evil' },
  },
})

const sameOrRefused = (send: SentRequest): Sent => ({
  send,
  expect: {
    status: { $like: '^(?:4..|200)$' },
    text: { $like: '^(?![^]*"served":[^1])' },
  },
})

const forged: NonNullable<SentRequest['headers']> = [
  ['host', 'evil.example'],
  ['forwarded', 'host=evil.example;proto=http'],
  ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-proto', 'http'],
  ['x-forwarded-prefix', '/evil'],
  ['x-original-url', '/bytes'],
  ['x-rewrite-url', '/bytes'],
  ['x-http-method-override', 'DELETE'],
]

/** Whatever a path is spelt like, its handler is paid for, and by a payment for that very request. */
export const routePaths: readonly Exchange[] = [
  {
    name: 'route: no spelling of a path is served without a payment, or for that of another',
    steps: [
      priced(photo),
      ...[...spellings, ...rewritten].map((path) => refused(get(path))),
      ...spellings.map((path) => refused(paid(get(`${path}?size=2`)))),
      ...rewritten.map((path) => sameOrRefused(paid(get(`${path}?size=2`)))),
      // The first of all: no handler ran but for this one request.
      { send: paid(photo), expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: what a request says of its host, path and method changes neither price nor sale',
    steps: [
      {
        send: { ...photo, headers: forged },
        expect: {
          status: 402,
          decoded: {
            'payment-required': { resource: { url: 'https://pay.example/photos/7?size=2' } },
          },
          text: { $lacks: 'evil' },
        },
        keep: { offer: { decoded: 'payment-required' } },
      },
      { send: paid({ ...photo, headers: forged }), expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: HEAD has the price of its path, and is answered without a body',
    steps: [
      {
        send: { ...photo, method: 'HEAD' },
        expect: { status: 402, headers: { 'payment-required': { $is: 'present' } }, text: '' },
        keep: { offer: { decoded: 'payment-required' } },
      },
      { send: paid({ ...photo, method: 'HEAD' }), expect: { status: 200, text: '' } },
      {
        send: paid({ ...photo, method: 'HEAD' }),
        expect: { status: 200, decoded: receipt, headers: { 'x-photo': '7' }, text: '' },
      },
    ],
    transfers: 1,
  },
]
