import type { Exchange, SentRequest } from '../Exchange.ts'
import { get, paid, photo, priced, receipt } from './sales.ts'
import { post, refused, refusedPayment } from './steps.ts'
import { wholesAt } from './wholes.ts'

const asked = { status: 200, body: { asked: 'GET /photos/7?size=2', body: '' } }
const print = post('/prints', { copies: 2 })

const form = (text: string): SentRequest => ({
  ...{ method: 'POST', path: '/prints', text },
  headers: [['content-type', 'application/x-www-form-urlencoded']],
})

const tooLong = `/photos/7?${'q'.repeat(1_100)}`

/** Spellings of a path that some server takes for the one that has a price. */
const disguises = ['/photos%2F7', '/photos/%37', '/PHOTOS/7', '/free;v=1', '/x/..%2Fphotos/7']

/** Routes of the catalog, beside an app's own paths or alone. */
const sales: readonly Exchange[] = [
  {
    name: 'catalog: a free route is answered for nothing',
    steps: [
      {
        send: get('/free?x=1'),
        expect: { status: 200, body: { asked: 'GET /free?x=1' } },
      },
      {
        send: { method: 'POST', path: '/free', text: 'as it is' },
        expect: { status: 200, body: { asked: 'POST /free', body: 'as it is' } },
      },
    ],
  },
  {
    name: 'catalog: a priced route is told its price, bought, and answered again',
    steps: [
      priced(photo),
      { send: paid(photo), expect: { ...asked, decoded: receipt } },
      { send: paid(photo), expect: { ...asked, decoded: receipt } },
    ],
    transfers: 1,
  },
  {
    name: 'catalog: a body is bound to its payment, and what answers gets it as it came',
    steps: [
      priced(print),
      {
        send: paid(post('/prints', { copies: 3 })),
        expect: refusedPayment(409, 'REQUEST_CONFLICT'),
      },
      { send: paid(print), expect: { status: 200, body: { body: '{"copies":2}' } } },
    ],
    transfers: 1,
  },
  {
    name: 'catalog: a form is bound to its payment, and what answers gets it as it came',
    steps: [
      priced(form('copies=2&paper=a4&paper=a5')),
      {
        send: paid(form('copies=2&paper=a4&paper=a3')),
        expect: refusedPayment(409, 'REQUEST_CONFLICT'),
      },
      {
        send: paid(form('copies=2&paper=a4&paper=a5')),
        expect: { status: 200, body: { body: 'copies=2&paper=a4&paper=a5' } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'catalog: another method at a path that is sold is told which ones there are',
    steps: [
      {
        send: { method: 'DELETE', path: '/photos/7' },
        expect: { ...refused(405, 'METHOD_NOT_ALLOWED'), headers: { allow: 'GET, HEAD, OPTIONS' } },
      },
    ],
  },
  ...disguises.map(
    (path): Exchange => ({
      name: `catalog: ${path} may mean what is sold elsewhere, and is refused`,
      steps: [{ send: get(path), expect: refused(400, 'PATH_NOT_CANONICAL') }],
    }),
  ),
]

/** What is for nothing may be had in part: it can be asked for again. */
const parts: readonly Exchange[] = [
  {
    name: 'catalog: a free route answers conditions and ranges as its server does',
    steps: [
      {
        send: get('/free', { headers: [['if-none-match', '"1"']] }),
        expect: { status: 304, headers: { etag: '"1"' }, text: '' },
      },
      {
        send: get('/free', {
          headers: [
            ['range', 'bytes=2-3'],
            ['if-range', '"1"'],
          ],
        }),
        expect: { status: 206, headers: { 'content-range': 'bytes 2-3/10' }, text: '23' },
      },
      {
        send: get('/free', {
          headers: [
            ['range', 'bytes=2-3'],
            ['if-range', '"0"'],
          ],
        }),
        expect: { status: 200, body: { asked: 'GET /free' } },
      },
      {
        send: { method: 'HEAD', path: '/free' },
        expect: { status: 200, headers: { etag: '"1"' }, text: '' },
      },
    ],
  },
  ...wholesAt('catalog', photo.path, asked),
]

/** The same request put into JSON is held to the same limits. */
const limits: readonly Exchange[] = [
  {
    name: 'catalog: a query too long for an offer is refused at its address and inside JSON',
    steps: [
      { send: get(tooLong), expect: refused(400, 'REQUEST_MALFORMED') },
      {
        send: post('/x402/access', { resource: { path: tooLong } }),
        expect: refused(400, 'REQUEST_MALFORMED', { facts: { field: '$.resource.path' } }),
      },
    ],
  },
]

export const catalog: readonly Exchange[] = [...sales, ...parts, ...limits].map((exchange) => ({
  ...exchange,
  needs: 'catalog',
}))
