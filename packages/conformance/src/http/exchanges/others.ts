import type { Exchange } from '../Exchange.ts'
import { ask, paying, post, refused, refusedPayment, sold } from './steps.ts'

const proof = '/x402/proof'
const hash = `0x${'ab'.repeat(32)}`
const keepChallenge = { challenge: { body: '$.challengeId' } } as const

const askAndKeep = { ...ask(), keep: keepChallenge }

/** Transfers that the buyer made itself. */
export const proofs: readonly Exchange[] = [
  {
    name: 'proof: a transfer that its payer signs for is answered with the grant',
    steps: [
      askAndKeep,
      { world: { does: 'transfer', value: '100000', keep: 'hash' } },
      {
        world: { does: 'sign', challenge: 'challenge', transaction: 'hash', keep: 'signature' },
      },
      {
        send: post(proof, {
          challengeId: '{{challenge}}',
          txHash: '{{hash}}',
          payerSignature: '{{signature}}',
        }),
        expect: { ...sold, body: { type: 'AccessGrant', txHash: '{{hash}}' } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'proof: a bare hash is asked for its payer’s signature, and told what to sign',
    steps: [
      askAndKeep,
      { world: { does: 'transfer', value: '100000', keep: 'hash' } },
      {
        send: post(proof, { challengeId: '{{challenge}}', txHash: '{{hash}}' }),
        expect: refused(403, 'PAYER_PROOF_REQUIRED', {
          facts: { message: { $has: '{{challenge}}' } },
        }),
      },
    ],
    transfers: 1,
  },
  {
    name: 'proof: a stranger’s signature over somebody else’s transfer opens nothing',
    steps: [
      askAndKeep,
      { world: { does: 'transfer', value: '100000', keep: 'hash' } },
      {
        world: {
          does: 'sign',
          challenge: 'challenge',
          transaction: 'hash',
          by: 'stranger',
          keep: 'signature',
        },
      },
      {
        send: post(proof, {
          challengeId: '{{challenge}}',
          txHash: '{{hash}}',
          payerSignature: '{{signature}}',
        }),
        expect: refusedPayment(403, 'PAYER_PROOF_INVALID'),
      },
    ],
    transfers: 1,
  },
  {
    name: 'proof: a transaction nobody sent is not found',
    steps: [
      askAndKeep,
      {
        send: post(proof, { challengeId: '{{challenge}}', txHash: hash, payerSignature: '0x11' }),
        expect: refusedPayment(404, 'TRANSFER_NOT_FOUND'),
      },
    ],
  },
  {
    name: 'proof: half a hash is malformed, and the field is named',
    steps: [
      askAndKeep,
      {
        send: post(proof, { challengeId: '{{challenge}}', txHash: '0xabcd' }),
        expect: refused(400, 'REQUEST_MALFORMED', { facts: { field: '$.txHash' } }),
      },
    ],
  },
  {
    name: 'proof: a challenge nobody made is unknown',
    steps: [
      {
        send: post(proof, { challengeId: 'http-1', txHash: hash, payerSignature: '0x11' }),
        expect: refusedPayment(404, 'CHALLENGE_UNKNOWN'),
      },
    ],
  },
]

/** What is for sale, as documents. */
export const discovery: readonly Exchange[] = [
  {
    name: 'discovery: /discover names every plan at the price that its 402 asks',
    steps: [
      {
        send: { method: 'GET', path: '/discover' },
        expect: {
          status: 200,
          headers: {
            'content-type': 'application/json',
            'cache-control': 'no-cache',
            'access-control-allow-origin': '*',
          },
          body: {
            x402Version: 2,
            network: 'eip155:84532',
            plans: [
              { planId: 'basic', amount: '100000' },
              { planId: 'plus', amount: '200000' },
            ],
            buy: { method: 'POST', url: 'https://pay.example/x402/access' },
          },
        },
      },
    ],
  },
]

const bearer = (token: string) => [['authorization', `Bearer ${token}`]] as const

/** Tokens that were bought, and what they open. */
export const tokens: readonly Exchange[] = [
  {
    name: 'token: what was bought opens what it is for, and tells who paid',
    needs: 'tokens',
    steps: [
      ask(),
      {
        send: paying(),
        expect: sold,
        keep: { token: { body: '$.accessToken' }, paid: { body: '$.txHash' } },
      },
      {
        send: { method: 'GET', path: '/reports/1', headers: bearer('{{token}}') },
        expect: { status: 200, body: { paidBy: '{{paid}}' } },
      },
      {
        send: { method: 'GET', path: '/gold/1', headers: bearer('{{token}}') },
        expect: {
          status: 403,
          headers: { 'www-authenticate': { $has: 'insufficient_scope' } },
          body: { code: 'TOKEN_PLAN_WRONG' },
        },
      },
    ],
    transfers: 1,
  },
  {
    name: 'token: without one the door is shut, and says which key it takes',
    needs: 'tokens',
    steps: [
      {
        send: { method: 'GET', path: '/reports/1' },
        expect: {
          status: 401,
          headers: {
            'content-type': 'application/problem+json',
            'www-authenticate': 'Bearer',
            'cache-control': 'no-store',
          },
          body: { status: 401, code: 'AUTHORIZATION_MISSING' },
        },
      },
    ],
  },
  {
    name: 'token: a spoilt one is refused and not repeated',
    needs: 'tokens',
    steps: [
      {
        send: { method: 'GET', path: '/reports/1', headers: bearer('spoilt.spoilt.spoilt') },
        expect: {
          status: 401,
          headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
          text: { $lacks: 'spoilt' },
        },
      },
    ],
  },
  {
    name: 'token: one in the query is not looked at',
    needs: 'tokens',
    steps: [
      ask(),
      { send: paying(), expect: sold, keep: { token: { body: '$.accessToken' } } },
      {
        send: { method: 'GET', path: '/reports/1?access_token={{token}}' },
        expect: { status: 401, body: { code: 'AUTHORIZATION_MISSING' } },
      },
    ],
    transfers: 1,
  },
  {
    name: 'token: one whose time is over is refused',
    needs: 'tokens',
    steps: [
      ask(),
      { send: paying(), expect: sold, keep: { token: { body: '$.accessToken' } } },
      { world: { does: 'time', passesMs: 365 * 86_400_000 } },
      {
        send: { method: 'GET', path: '/reports/1', headers: bearer('{{token}}') },
        expect: { status: 401, body: { code: 'TOKEN_EXPIRED' } },
      },
    ],
    transfers: 1,
  },
]

/** What is not ours stays the server's own. */
export const apps: readonly Exchange[] = [
  {
    name: 'app: a path of the server’s own is answered by it',
    needs: 'app',
    steps: [
      {
        send: { method: 'GET', path: '/health' },
        expect: {
          status: 200,
          body: { ok: true },
          headers: { 'payment-required': { $is: 'absent' } },
        },
      },
    ],
  },
  ...['/own%2Fpath', '/Own/%7Epath', '/own/path;v=1', '/own//path'].map(
    (path): Exchange => ({
      name: `app: ${path} means nothing that is sold, and is the server’s own to answer`,
      needs: 'app',
      steps: [
        {
          send: { method: 'GET', path },
          expect: { status: 404, headers: { 'content-type': { $lacks: 'problem' } } },
        },
      ],
    }),
  ),
  {
    name: 'app: a body for the server’s own path reaches it',
    needs: 'app',
    steps: [
      {
        send: post('/echo', { nested: ['ü', 1, null] }),
        expect: { status: 200, body: { got: { nested: ['ü', 1, null] } } },
      },
    ],
  },
]
