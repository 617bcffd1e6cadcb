import type { Exchange, Expected } from '../Exchange.ts'
import { get, paid, priced, receipt } from './sales.ts'

/** No answer, and money that goes back. */
const notThere: Expected = {
  status: 502,
  headers: { 'content-type': 'application/problem+json' },
  decoded: receipt,
  body: { code: 'DELIVERY_FAILED', facts: { refund: { $is: 'present' } } },
  text: { $lacks: 'half' },
}

const brokenOff: readonly Exchange[] = [
  {
    name: 'route: a payer whose answer broke off after its first byte is not charged',
    path: '/cut',
  },
  {
    name: 'route: a handler that fails after it began to write sells no error page',
    path: '/spoilt',
  },
  {
    name: 'route: a handler with an error page of its own does not sell it either',
    path: '/excused',
  },
].map(({ name, path }) => ({
  name,
  steps: [
    priced(get(path)),
    { send: paid(get(path)), expect: notThere },
    { send: paid(get(path)), expect: notThere },
  ],
  transfers: 1,
}))

/** Answers that break off, and buyers that hang up. */
export const routeBreaks: readonly Exchange[] = [
  ...brokenOff,
  {
    name: 'route: a buyer who hangs up is given the stored answer later, also by a handler that pipes',
    steps: [
      priced(get('/left')),
      { leave: paid(get('/left')) },
      {
        send: paid(get('/left')),
        expect: { status: 200, decoded: receipt, body: { whole: true, served: 1 } },
      },
    ],
    transfers: 1,
  },
]
