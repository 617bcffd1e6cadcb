import type { Exchange, Json, SentRequest } from '../Exchange.ts'
import { paid, priced, receipt } from './sales.ts'
import { post, refused, refusedPayment } from './steps.ts'

const resize = (width: Json): SentRequest => post('/resize', { width })

const form = (text: string): SentRequest => ({
  ...{ method: 'POST', path: '/form', text },
  headers: [['content-type', 'application/x-www-form-urlencoded']],
})

/** A body one byte longer than what is read before a price is named. */
const tooLong = resize('x'.repeat(1_048_577 - '{"width":""}'.length))

/** Bodies that are too long to be bound to a payment. */
const longBodies: readonly Exchange[] = [
  { announced: 'announced', send: tooLong },
  { announced: 'unannounced', send: { ...tooLong, chunked: true } as const },
].map(({ announced, send }) => ({
  name: `route: a body of more than 1 MiB, ${announced}, is refused before it has a price`,
  steps: [{ send, expect: refused(413, 'BODY_TOO_LARGE') }],
}))

/** Requests with a body, which is bound to their payment. */
export const routeBodies: readonly Exchange[] = [
  {
    name: 'route: a payment for one body buys no other, and the handler gets what was paid for',
    steps: [
      priced(resize(640)),
      { send: paid(resize(9_000)), expect: refusedPayment(409, 'REQUEST_CONFLICT') },
      {
        send: paid(resize(640)),
        expect: { status: 200, decoded: receipt, body: { got: { width: 640 } } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'route: a payment for one form buys no other, and the handler gets what was paid for',
    steps: [
      priced(form('size=2&paper=matt')),
      {
        send: paid(form('size=3&paper=matt')),
        expect: refusedPayment(409, 'REQUEST_CONFLICT'),
      },
      {
        send: paid(form('size=2&paper=matt')),
        expect: { status: 200, decoded: receipt, body: { got: { size: '2', paper: 'matt' } } },
      },
      { send: paid(form('size=2&paper=matt')), expect: { status: 200, decoded: receipt } },
    ],
    transfers: 1,
  },
  {
    name: 'route: a body that comes in pieces is bound and handed on whole',
    steps: [
      priced({ ...resize('ü'), chunked: true }),
      {
        send: paid({ ...resize('ü'), chunked: true }),
        expect: { status: 200, body: { got: { width: 'ü' } } },
      },
    ],
    transfers: 1,
  },
  ...longBodies,
]
