import type { Exchange } from '../Exchange.ts'
import { get, paid, photo, priced, served } from './sales.ts'
import { refusedPayment } from './steps.ts'

const proof = { challengeId: '{{challenge}}', txHash: '{{hash}}', payerSignature: '{{signature}}' }
const sign = {
  does: 'sign',
  challenge: 'challenge',
  transaction: 'hash',
  keep: 'signature',
} as const
const askAndTransfer = [
  { ...priced(photo), keep: { challenge: { body: '$.challengeId' } } },
  { world: { does: 'transfer', value: '100000', keep: 'hash' } },
] as const

/** Requests that are paid for by a transfer of the buyer's own. */
export const routeProofs: readonly Exchange[] = [
  {
    name: 'route: a transfer that its payer signs for is answered by the handler, once',
    steps: [
      ...askAndTransfer,
      { world: sign },
      { send: { ...photo, proof }, expect: { ...served, headers: { 'x-photo': '7' } } },
      { send: { ...photo, proof }, expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: a bare hash is asked for its payer’s signature, and runs no handler',
    steps: [
      ...askAndTransfer,
      {
        send: { ...photo, proof: { challengeId: '{{challenge}}', txHash: '{{hash}}' } },
        expect: refusedPayment(403, 'PAYER_PROOF_REQUIRED'),
      },
      { world: sign },
      { send: { ...photo, proof }, expect: served },
    ],
    transfers: 1,
  },
  {
    name: 'route: a transfer for one request buys no other',
    steps: [
      ...askAndTransfer,
      { world: sign },
      {
        send: { ...get('/photos/8?size=2'), proof },
        expect: refusedPayment(409, 'REQUEST_CONFLICT'),
      },
    ],
    transfers: 1,
  },
  {
    name: 'route: a proof that cannot be read is malformed',
    steps: [
      priced(photo),
      { send: { ...photo, proof: 'text' }, expect: refusedPayment(400, 'PAYMENT_MALFORMED') },
      {
        send: { ...photo, proof: { challengeId: 'http-1', txHash: '0xab' } },
        expect: refusedPayment(400, 'REQUEST_MALFORMED'),
      },
    ],
  },
  {
    name: 'route: a proof beside a payment is refused',
    steps: [
      priced(photo),
      {
        send: { ...paid(photo), proof: { challengeId: 'http-1' } },
        expect: refusedPayment(400, 'PAYMENT_MALFORMED'),
      },
    ],
  },
]
