import { resultProofMessage } from '@key0/core'
import {
  createTestContext,
  fakeAccounts,
  fakeSignature,
  signAuthorization,
} from '@key0/core/testing'
import { describe, expect, test } from 'vitest'
import { createHttpHandler, type HttpHandler } from '../src/exports/index.ts'
import {
  type BadInput,
  badInputs,
  type Draft,
  paidDraft,
  toRequest,
} from '../src/exports/testing.ts'
import { ask, challengeIdOf, origin, readOffer, signFor } from './buy.ts'
import { seller } from './fakeEngine.ts'

type World = ReturnType<typeof createTestContext> & { readonly handler: HttpHandler }

function open(): World {
  const world = createTestContext()
  const { chainId, payTo, token } = world.ctx.settings
  const ours = { ...seller, chainId, payTo, token: { ...seller.token, address: token } }
  return { ...world, handler: createHttpHandler({ engine: world.engine, seller: ours }) }
}

const secondsOf = ({ ctx }: World): bigint => BigInt(Math.floor(ctx.clock.nowMs() / 1000))

async function draftOf(world: World, nonce: string, from = fakeAccounts.buyer): Promise<Draft> {
  const payment = signFor(readOffer(await world.handler(ask({ planId: 'basic' }))))
  return paidDraft('basic', resign(world, payment, nonce, from))
}

function resign(
  world: World,
  payment: ReturnType<typeof signFor>,
  nonce: string,
  from = fakeAccounts.buyer,
): object {
  const { accepted } = payment
  const validBefore = secondsOf(world) + BigInt(accepted.maxTimeoutSeconds)
  const { signature, ...message } = signAuthorization(accepted.asset, {
    ...{ from, to: accepted.payTo, value: BigInt(accepted.amount), validAfter: 0n, validBefore },
    nonce: `0x${nonce.repeat(32)}`,
  })
  const { value, validAfter } = message
  const authorization = {
    ...message,
    ...{ value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` },
  }
  return { ...payment, payload: { signature, authorization } }
}

const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { code: string }).code

// The stand-in chain has one signature for each message, every other one is wrong in the same way,
// and it wants no time left to mine in.
const onStandIn = ({ name, code }: BadInput): string => {
  if (name === 'authorization ends at once') return 'SIGNATURE_INVALID'
  return code === 'SIGNATURE_MALLEABLE' ? 'SIGNATURE_INVALID' : code
}

describe('the engine’s own word on a bad input', () => {
  test.each(badInputs)('$name: $status $code', async (bad) => {
    const world = open()
    const draft = bad.spoil(await draftOf(world, '07'), secondsOf(world))
    const response = await world.handler(toRequest(draft, origin))
    expect([response.status, await codeOf(response)]).toEqual([bad.status, onStandIn(bad)])
    expect(world.ledger.transfers()).toEqual([])
  })
})

test('a buyer that signs again for what it bought is charged once', async () => {
  const world = open()
  const draft = await draftOf(world, '07')
  const first = await world.handler(toRequest(draft, origin))
  const payment = draft.payment as ReturnType<typeof signFor>
  const anew = { ...draft, payment: resign(world, payment, '08') }
  const second = await world.handler(toRequest(anew, origin))
  expect([first.status, second.status]).toEqual([200, 200])
  expect(await second.text()).toBe(await first.text())
  expect(world.ledger.transfers()).toHaveLength(1)
})

test('somebody else who learnt the challenge gets nothing and is asked for nothing', async () => {
  const world = open()
  const draft = await draftOf(world, '07')
  await world.handler(toRequest(draft, origin))
  const payment = draft.payment as ReturnType<typeof signFor>
  const theirs = { ...draft, payment: resign(world, payment, '09', fakeAccounts.stranger) }
  const response = await world.handler(toRequest(theirs, origin))
  expect([response.status, await codeOf(response)]).toEqual([409, 'REQUEST_CONFLICT'])
  expect(world.ledger.transfers()).toHaveLength(1)
})

test('the same request twenty times at once is one sale', async () => {
  const world = open()
  const draft = await draftOf(world, '07')
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => world.handler(toRequest(draft, origin))),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1)
  expect(world.ledger.transfers()).toHaveLength(1)
})

describe('a request id that anybody may guess', () => {
  const guessable = { planId: 'basic', requestId: 'order-0000000000000017' }
  const secret = { planId: 'basic', requestId: '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11' }

  test.each([
    ['before the victim has paid', 'before'],
    ['after the victim has paid', 'after'],
  ])('a thief who repeats it %s, and copies the mined payment, gets nothing', async (_, when) => {
    const world = open()
    const bought = signFor(readOffer(await world.handler(ask(guessable))))
    const early = when === 'before' ? await world.handler(ask(guessable)) : undefined
    const draft = { ...paidDraft('basic', resign(world, bought, '31')) }
    const body = JSON.stringify(guessable)
    const served = await world.handler(toRequest({ ...draft, body }, origin))
    expect(served.status).toBe(200)

    const asked = early ?? (await world.handler(ask(guessable)))
    const text = await asked.clone().text()
    expect(text).not.toContain('http-')
    const [accepted] = readOffer(asked).accepts
    const stolen = { ...(draft.payment as object), accepted }
    const theft = await world.handler(toRequest({ ...draft, body, payment: stolen }, origin))
    expect(theft.status).toBe(403)
    expect(await theft.text()).not.toContain('http-')
  })

  test('a thief who asked first, and so knows the challenge, gets nothing with the mined payment', async () => {
    const world = open()
    const known = readOffer(await world.handler(ask(guessable))).accepts[0]
    expect(known?.extra?.challengeId).toMatch(/^http-/)
    const victims = signFor(readOffer(await world.handler(ask(guessable))))
    const draft = paidDraft('basic', resign(world, victims, '35'))
    const body = JSON.stringify(guessable)
    expect((await world.handler(toRequest({ ...draft, body }, origin))).status).toBe(200)

    const stolen = { ...(draft.payment as object), accepted: known }
    for (const asked of [body, '{"planId":"basic"}']) {
      const theft = await world.handler(
        toRequest({ ...draft, body: asked, payment: stolen }, origin),
      )
      expect([theft.status, await codeOf(theft)]).toEqual([403, 'PAYER_PROOF_REQUIRED'])
    }
    // The victim itself comes back with a new signature, as after any lost answer.
    const anew = { ...draft, body, payment: resign(world, victims, '36') }
    expect((await world.handler(toRequest(anew, origin))).status).toBe(200)
    expect(world.ledger.transfers()).toHaveLength(1)
  })

  test('a thief who burns a payment of its own for it is not told the challenge either', async () => {
    const world = open()
    await world.handler(ask(guessable))
    const known = signFor(readOffer(await world.handler(ask(guessable))))
    const thief = fakeAccounts.stranger
    const burnt = resign(world, known, '34', thief) as typeof known
    const { signature, authorization } = burnt.payload
    const { value, validAfter, validBefore } = authorization
    const numbers = {
      value: BigInt(value),
      validAfter: BigInt(validAfter),
      validBefore: BigInt(validBefore),
    }
    const call = {
      kind: 'authorized',
      authorization: { ...authorization, ...numbers, signature },
    } as const
    world.ledger.broadcast(world.ledger.prepare([call], 'thief').hash)
    const body = JSON.stringify(guessable)
    const told = await world.handler(toRequest({ ...paidDraft('basic', burnt), body }, origin))
    const text = await told.text()
    expect([told.status, JSON.parse(text).code]).toEqual([403, 'PAYER_PROOF_REQUIRED'])
    expect(text).not.toContain('http-')
  })

  test('the victim, who lost the answer, signs again, is served and not charged', async () => {
    const world = open()
    const first = signFor(readOffer(await world.handler(ask(guessable))))
    const body = JSON.stringify(guessable)
    const paid = { ...paidDraft('basic', resign(world, first, '32')), body }
    const served = await world.handler(toRequest(paid, origin))
    const grant = (await served.json()) as { accessToken: string }

    const again = signFor(readOffer(await world.handler(ask(guessable))))
    const anew = { ...paidDraft('basic', resign(world, again, '33')), body }
    const second = await world.handler(toRequest(anew, origin))
    expect(second.status).toBe(200)
    expect(await second.json()).toMatchObject({ accessToken: grant.accessToken })
    expect(world.ledger.transfers()).toHaveLength(1)
  })

  test('a random UUID is a secret: the same challenge is offered with its id', async () => {
    const world = open()
    const first = readOffer(await world.handler(ask(secret))).accepts[0]
    const again = readOffer(await world.handler(ask(secret))).accepts[0]
    expect(again?.extra?.challengeId).toBe(first?.extra?.challengeId)
    expect(first?.extra?.challengeId).toMatch(/^http-/)
  })
})

describe('GET /x402/challenges/{id}', () => {
  const at = (world: World, draft: Draft, init: RequestInit = {}): Promise<Response> =>
    world.handler(new Request(`${origin}/x402/challenges/${challengeIdOf(draft)}`, init))
  const withPayment = (payment: object): RequestInit => ({
    headers: { 'payment-signature': btoa(JSON.stringify(payment)) },
  })
  type Told = Readonly<Record<string, unknown>>

  test('tells the state to whoever knows the id, and the grant to its payer alone', async () => {
    const world = open()
    const draft = await draftOf(world, '07')
    const bought = (await (await world.handler(toRequest(draft, origin))).json()) as Told
    const plain = await at(world, draft)
    expect([plain.status, plain.headers.get('cache-control')]).toEqual([200, 'private, no-store'])
    const told = (await plain.json()) as Told
    expect(told).toEqual({
      ...{ type: 'ChallengeStatus', challengeId: challengeIdOf(draft), state: 'DELIVERED' },
      ...{ createdAt: expect.any(String), expiresAt: expect.any(String) },
    })
    const payment = draft.payment as ReturnType<typeof signFor>
    for (const mine of [payment, resign(world, payment, '08')]) {
      const answer = (await (await at(world, draft, withPayment(mine))).json()) as Told
      expect(answer).toMatchObject({ state: 'DELIVERED', payer: fakeAccounts.buyer, grant: bought })
    }
    expect(world.ledger.transfers()).toHaveLength(1)
  })

  test('a wallet that signs is handed its grant, without a payment at hand', async () => {
    const world = open()
    const draft = await draftOf(world, '07')
    await world.handler(toRequest(draft, origin))
    const signedAt = new Date(world.clock.nowMs())
    const message = resultProofMessage(challengeIdOf(draft), signedAt)
    const post = (signature: string): Promise<Response> =>
      at(world, draft, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ signature, signedAt }),
      })
    const answer = await post(fakeSignature(fakeAccounts.buyer, message))
    expect(await answer.json()).toMatchObject({ grant: { type: 'AccessGrant' } })
    const theirs = await post(fakeSignature(fakeAccounts.stranger, message))
    expect([theirs.status, await codeOf(theirs)]).toEqual([403, 'PAYER_PROOF_INVALID'])
    for (const body of ['{}', '{"signature":"0x12","signedAt":"yesterday"}']) {
      const headers = { 'content-type': 'application/json' }
      expect((await at(world, draft, { method: 'POST', headers, body })).status).toBe(400)
    }
  })

  test('nobody is asked to pay or to sign a payment here, whatever they bring', async () => {
    const world = open()
    const draft = await draftOf(world, '07')
    await world.handler(toRequest(draft, origin))
    const payment = draft.payment as ReturnType<typeof signFor>
    const forged = {
      ...payment,
      payload: { ...payment.payload, signature: `0x${'12'.repeat(65)}` },
    }
    const refused = await at(world, draft, withPayment(forged))
    expect([refused.status, await codeOf(refused)]).toEqual([403, 'SIGNATURE_INVALID'])
    const stranger = resign(world, payment, '09', fakeAccounts.stranger)
    expect((await at(world, draft, withPayment(stranger))).status).toBe(409)
    for (const path of ['', 'http-0000', 'a%2Fb', '../access'])
      expect((await world.handler(new Request(`${origin}/x402/challenges/${path}`))).status).toBe(
        path === '../access' ? 405 : 404,
      )
  })

  test('who paid and was not served sees when the money comes back', async () => {
    const world = open()
    world.issuer.mood = 'fail'
    const draft = await draftOf(world, '07')
    expect((await world.handler(toRequest(draft, origin))).status).toBe(502)
    const anybody = (await (await at(world, draft)).json()) as Told
    expect(anybody).toMatchObject({ state: 'PAID', refund: { status: 'waiting' } })
    const mine = await at(world, draft, withPayment(draft.payment as object))
    expect(await mine.json()).toMatchObject({
      refund: { status: 'waiting', notBefore: expect.stringMatching(/^20/) },
      txHash: expect.stringMatching(/^0x/),
    })
  })
})
