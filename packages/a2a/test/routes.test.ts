import { createHash } from 'node:crypto'
import { readPayment } from '@key0/checkout'
import { createCatalog, createEngine, payerProofMessage, recover } from '@key0/core'
import { createBuyer, fakeAccounts, fakeSignature, refundPass } from '@key0/core/testing'
import {
  type A2aBuyer,
  a2aBuyers,
  createLegacyA2aBuyer,
  createModernA2aBuyer,
} from '@key0/test-clients'
import { describe, expect, test } from 'vitest'
import {
  answerWith,
  offerOf,
  openRouteShop,
  paying,
  type RouteShop,
  serve,
  sign,
  through,
  url,
} from './shop.ts'

const photo = { resource: { method: 'GET', path: '/photos/7?size=large' } }
const print = {
  resource: {
    ...{ method: 'POST', path: '/prints', body: '{"of":7}' },
    contentType: 'application/json; charset=utf-8',
  },
}

describe.each(a2aBuyers)('%s', (_, create) => {
  const open = async (): Promise<[RouteShop, A2aBuyer]> => {
    const shop = openRouteShop()
    return [shop, await create(url, through(shop.handler))]
  }

  test('buys a single request: price, payment, response', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: photo })
    expect(asked).toMatchObject({
      state: 'input-required',
      metadata: { 'x402.payment.required': { accepts: [{ amount: '100000' }] } },
    })
    expect(shop.served).toEqual([])
    const metadata = paying(sign(shop, offerOf(asked)))
    const bought = await buyer.send({ taskId: asked.id, contextId: asked.contextId, metadata })
    const [transfer] = shop.ledger.transfers()
    const [served] = shop.served
    expect(bought).toMatchObject({
      ...{ id: asked.id, contextId: asked.contextId, state: 'completed' },
      metadata: {
        'x402.payment.status': 'payment-completed',
        'x402.payment.receipts': [{ success: true, transaction: transfer?.txHash }],
      },
    })
    expect(bought.goods).toEqual([
      {
        data: {
          ...{ type: 'ResourceResponse', challengeId: asked.id, routeId: 'photo' },
          ...{ requestId: served?.requestId, txHash: transfer?.txHash, status: 200 },
          headers: { 'content-type': 'application/json' },
          ...{ body: '{"photo":1}', bodyEncoding: 'utf-8' },
        },
      },
    ])
    expect(served).toMatchObject({
      resource: { method: 'GET', path: '/photos/7', query: 'size=large' },
    })
    expect([shop.served.length, shop.ledger.transfers().length]).toEqual([1, 1])
  })

  test('gets a lost response by sending the same again, or by signing again, and pays once', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: print })
    const draft = { taskId: asked.id, data: print, metadata: paying(sign(shop, offerOf(asked))) }
    const first = await buyer.send(draft)
    shop.answer = async () => answerWith('another', 'text/plain')
    const again = await buyer.send(draft)
    const anew = await buyer.send({ ...draft, metadata: paying(sign(shop, offerOf(asked))) })
    expect(first.state).toBe('completed')
    for (const { state, goods } of [again, anew])
      expect({ state, goods }).toEqual({ state: 'completed', goods: first.goods })
    expect([shop.served.length, shop.ledger.transfers().length]).toEqual([1, 1])
  })

  test('looks at its task: state and receipts, and never the response', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ text: JSON.stringify(photo) })
    expect(await buyer.get(asked.id)).toMatchObject({
      ...{ id: asked.id, state: 'input-required' },
      metadata: { 'x402.payment.required': offerOf(asked) },
    })
    await buyer.send({ taskId: asked.id, metadata: paying(sign(shop, offerOf(asked))) })
    const seen = await buyer.get(asked.id)
    expect(seen).toMatchObject({
      ...{ state: 'completed', goods: [] },
      metadata: { 'x402.payment.receipts': [{ success: true }] },
    })
    expect(JSON.stringify(seen)).not.toContain('photo')
  })

  test('a request’s body is part of what is paid for, and reaches the backend as it was', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: print })
    expect(offerOf(asked).accepts[0]?.amount).toBe('300000')
    const draft = { taskId: asked.id, metadata: paying(sign(shop, offerOf(asked))) }
    await expect(buyer.send(draft)).rejects.toThrow('not what this endpoint reads')
    const other = { resource: { ...print.resource, body: '{"of":8}' } }
    await expect(buyer.send({ ...draft, data: other })).rejects.toThrow('another request')
    expect([shop.served.length, shop.ledger.transfers().length]).toEqual([0, 0])
    const bought = await buyer.send({ ...draft, data: print })
    expect(bought.state).toBe('completed')
    const [served] = shop.served
    const { body, contentType } = print.resource
    expect([Buffer.from(served?.body ?? []).toString(), served?.contentType]).toEqual([
      ...[body, contentType],
    ])
    const digest = createHash('sha256').update(body).digest('hex')
    expect(served?.resource.bodyDigest).toBe(`0x${digest}`)
  })

  test('bytes that are no text come in a file part, every one of them', async () => {
    const [shop, buyer] = await open()
    const bytes = Uint8Array.from({ length: 200_000 }, (__, at) => (at * 31) % 256)
    shop.answer = async () => answerWith(bytes, 'image/png')
    const asked = await buyer.send({ data: photo })
    const metadata = paying(sign(shop, offerOf(asked)))
    const { goods } = await buyer.send({ taskId: asked.id, metadata })
    expect(goods).toEqual([
      { data: expect.objectContaining({ status: 200, headers: { 'content-type': 'image/png' } }) },
      { bytes: Buffer.from(bytes).toString('base64'), mediaType: 'image/png' },
    ])
    expect(goods[0]).not.toHaveProperty('data.body')
    expect((await buyer.send({ taskId: asked.id, metadata })).goods).toEqual(goods)
  })

  test('a backend that does not deliver: the receipt and the refund, until the money is back', async () => {
    const [shop, buyer] = await open()
    shop.answer = async () => ({ kind: 'answered', response: { status: 500, headers: [] } })
    const asked = await buyer.send({ data: photo })
    const draft = { taskId: asked.id, metadata: paying(sign(shop, offerOf(asked))) }
    expect(await buyer.send(draft)).toMatchObject({
      ...{ state: 'failed', goods: [] },
      metadata: {
        'x402.payment.status': 'payment-completed',
        'x402.payment.receipts': [{ success: true }],
        'key0.problem': { code: 'DELIVERY_FAILED', facts: { upstreamStatus: '500' } },
        'key0.refund': { state: 'expected', refund: 'automatic' },
      },
    })
    expect((await shop.engine.inspect(asked.id)).state).toBe('PAID')
    for (const ms of [400_000, 120_000]) {
      shop.clock.advance(ms)
      shop.ledger.mine(5)
      await refundPass(shop.refunds)
    }
    const [, refund] = shop.ledger.transfers()
    expect(await buyer.get(asked.id)).toMatchObject({
      state: 'failed',
      metadata: { 'key0.refund': { state: 'refunded', transaction: refund?.txHash } },
    })
    expect(await buyer.send(draft)).toMatchObject({
      ...{ state: 'failed', goods: [] },
      metadata: { 'key0.problem': { code: 'CHALLENGE_REFUNDED' } },
    })
  })

  test('presents a transfer that it made itself', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: photo })
    const txHash = createBuyer(shop).transfer(100_000n)
    const proof = { skill: 'submit-proof', txHash }
    await expect(buyer.send({ taskId: asked.id, data: proof })).rejects.toThrow('sign to show')
    const message = payerProofMessage(asked.id, txHash)
    const payerSignature = fakeSignature(fakeAccounts.buyer, message)
    const bought = await buyer.send({ taskId: asked.id, data: { ...proof, payerSignature } })
    expect(bought).toMatchObject({
      state: 'completed',
      goods: [{ data: { txHash, body: '{"photo":1}' } }],
    })
  })

  test('pays by x402 version 1', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: { ...photo, x402Version: 1 } })
    expect(asked.metadata['x402.payment.required']).toMatchObject({
      accepts: [{ maxAmountRequired: '100000' }],
    })
    const { payload } = sign(shop, offerOf(await buyer.get(asked.id)))
    const first = { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload }
    expect(await buyer.send({ taskId: asked.id, metadata: paying(first) })).toMatchObject({
      state: 'completed',
      metadata: { 'x402.payment.receipts': [{ success: true, network: 'base-sepolia' }] },
    })
  })

  test('declines a price, and cancels another', async () => {
    const [shop, buyer] = await open()
    const [one, other] = [await buyer.send({ data: photo }), await buyer.send({ data: print })]
    const declined = { 'x402.payment.status': 'payment-rejected' }
    const answers = [
      await buyer.send({ taskId: one.id, metadata: declined }),
      await buyer.cancel(other.id),
    ]
    expect(answers.map(({ state }) => state)).toEqual(['canceled', 'canceled'])
    const late = await buyer.send({ taskId: one.id, metadata: paying(sign(shop, offerOf(one))) })
    expect(late).toMatchObject({ state: 'canceled', goods: [] })
    expect([shop.served.length, shop.ledger.transfers().length]).toEqual([0, 0])
  })
})

test('another gateway goes on with the task of a request', async () => {
  const shop = openRouteShop()
  const other = serve(shop, [], shop.backendFor)
  const here = await createModernA2aBuyer(url, through(shop.handler))
  const there = await createLegacyA2aBuyer(url, through(other))
  const asked = await here.send({ data: photo })
  const metadata = paying(sign(shop, offerOf(asked)))
  const bought = await there.send({ taskId: asked.id, metadata })
  expect(bought.state).toBe('completed')
  expect((await here.send({ taskId: asked.id, metadata })).goods).toEqual(bought.goods)
  expect(shop.served).toHaveLength(1)
})

const openOne = async (): Promise<{ readonly shop: RouteShop; readonly buyer: A2aBuyer }> => {
  const shop = openRouteShop()
  return { shop, buyer: await createModernA2aBuyer(url, through(shop.handler)) }
}

test('while nobody knows the outcome the task works, and no signature is asked for', async () => {
  const { shop, buyer } = await openOne()
  const asked = await buyer.send({ data: photo })
  shop.ledger.autoMine = false
  const draft = { taskId: asked.id, metadata: paying(sign(shop, offerOf(asked))) }
  for (const { state, metadata } of [await buyer.send(draft), await buyer.get(asked.id)]) {
    expect([state, metadata['x402.payment.status']]).toEqual(['working', 'payment-submitted'])
    expect(metadata).not.toHaveProperty(['x402.payment.required'])
  }
  shop.ledger.mine()
  await recover(shop.ctx, { limit: 10 })
  expect((await buyer.send(draft)).state).toBe('completed')
  expect([shop.served.length, shop.ledger.transfers().length]).toEqual([1, 1])
})

test.each([
  ['another path', { resource: { method: 'GET', path: '/photos/8?size=large' } }],
  ['another query', { resource: { method: 'GET', path: '/photos/7' } }],
  ['a dearer route', print],
  ['a body where there was none', { resource: { ...photo.resource, body: 'x' } }],
  ['the same by HEAD', { resource: { ...photo.resource, method: 'HEAD' } }],
  ['a plan', { planId: 'basic' }],
])('a payment for one request buys no other: %s', async (_, data) => {
  const { shop, buyer } = await openOne()
  const asked = await buyer.send({ data: photo })
  const metadata = paying(sign(shop, offerOf(asked)))
  const conflict = {
    data: expect.arrayContaining([expect.objectContaining({ reason: 'REQUEST_CONFLICT' })]),
  }
  const draft = { taskId: asked.id, data, metadata }
  await expect(buyer.send(draft)).rejects.toMatchObject(conflict)
  expect([shop.served.length, shop.ledger.transfers().length]).toEqual([0, 0])
  // Nor does it once it has bought what it is for.
  await buyer.send({ taskId: asked.id, metadata })
  await expect(buyer.send(draft)).rejects.toMatchObject(conflict)
  expect([shop.served.length, shop.ledger.transfers().length]).toEqual([1, 1])
})

test('a plan’s payment buys no request, and a dear one’s task is not paid by a cheap offer', async () => {
  const { shop, buyer } = await openOne()
  const plan = await buyer.send({ data: { planId: 'basic' } })
  const metadata = paying(sign(shop, offerOf(plan)))
  await expect(buyer.send({ taskId: plan.id, data: photo, metadata })).rejects.toThrow('another')
  const dear = await buyer.send({ data: print })
  const cheap = sign(shop, offerOf(await buyer.send({ data: photo })))
  const { extra, ...accepted } = cheap.accepted
  const renamed = { ...cheap, accepted: { ...accepted, extra: { ...extra, challengeId: dear.id } } }
  const refused = await buyer.send({ taskId: dear.id, data: print, metadata: paying(renamed) })
  expect(refused).toMatchObject({
    ...{ state: 'input-required', goods: [] },
    metadata: { 'key0.problem': { code: 'PAYMENT_VALUE_MISMATCH' } },
  })
  expect([shop.served.length, shop.ledger.transfers().length]).toEqual([0, 0])
})

test.each([
  ['without a body', photo],
  ['with a body', print],
])('a request id that anybody may guess opens nothing: %s', async (_, data) => {
  const { shop, buyer } = await openOne()
  const named = { ...data, requestId: 'invoice-0000000000001' }
  const first = await buyer.send({ data: named })
  const draft = { taskId: first.id, data: named, metadata: paying(sign(shop, offerOf(first))) }
  await buyer.send(draft)
  // Whoever asks by the same id is not told the challenge, in no part of any answer.
  const again = await buyer.send({ data: named })
  const seen = await buyer.get(again.id)
  expect(JSON.stringify([again, seen])).not.toContain(first.id)
  expect(seen).toMatchObject({ state: 'completed', goods: [] })
  expect(seen.metadata).not.toHaveProperty(['x402.payment.receipts'])
  await expect(buyer.cancel(again.id)).rejects.toThrow()
  const { payload } = draft.metadata['x402.payment.payload'] as ReturnType<typeof sign>
  const copied = paying({ ...sign(shop, offerOf(again)), payload })
  const stolen = buyer.send({ taskId: again.id, data, metadata: copied })
  await expect(stolen).rejects.toMatchObject({
    data: expect.arrayContaining([expect.objectContaining({ reason: 'PAYER_PROOF_REQUIRED' })]),
  })
  // The payer itself signs anew, is served, and is not charged.
  const metadata = paying(sign(shop, offerOf(again)))
  const served = await buyer.send({ taskId: again.id, data, metadata })
  expect(served).toMatchObject({ state: 'completed', goods: [{ data: { body: '{"photo":1}' } }] })
  expect([shop.served.length, shop.ledger.transfers().length]).toEqual([1, 1])
})

test('a stream that another surface handed out is not kept: the task says so, and is not charged', async () => {
  const { shop, buyer } = await openOne()
  const asked = await buyer.send({ data: photo })
  const payload = sign(shop, offerOf(asked))
  const { authorization } = readPayment(payload)
  const resource = { method: 'GET', path: '/photos/7', query: 'size=large' }
  const paid = { challengeId: asked.id, authorization, request: { planId: 'photo', resource } }
  shop.backend.mood = 'stream'
  await shop.engine.payResource(paid, shop.backend)
  expect(await buyer.send({ taskId: asked.id, metadata: paying(payload) })).toMatchObject({
    ...{ state: 'completed', goods: [] },
    metadata: { 'key0.problem': { code: 'RESPONSE_NOT_KEPT' } },
  })
  expect([shop.served.length, shop.ledger.transfers().length]).toEqual([0, 1])
})

test('a request that was priced over HTTP is a task; one that only code can sell is none', async () => {
  const { shop, buyer } = await openOne()
  const offer = async (routeId: string, path: string): Promise<string> => {
    const { challenge } = await shop.engine.offerResource({
      route: { routeId, unitAmount: '$0.10', unitAmountRaw: 100_000n },
      resource: { method: 'GET', path, query: '' },
      clientAgentId: 'x402-http',
    })
    return challenge.challengeId
  }
  const [sold, gate] = [await offer('photo', '/photos/1'), await offer('weather', '/weather')]
  expect((await buyer.get(sold)).state).toBe('input-required')
  for (const call of [buyer.get, buyer.cancel])
    await expect(call(gate)).rejects.toMatchObject({ envelopeCode: -32001 })
  expect((await shop.engine.inspect(gate)).state).toBe('PENDING')
})

test('an open offer keeps its price, and is over where its route has moved', async () => {
  const { shop, buyer } = await openOne()
  const at = async (path: string, unitAmount: string): Promise<A2aBuyer> => {
    const route = { routeId: 'photo', method: 'GET', path, unitAmount } as const
    const engine = createEngine({ ...shop.ctx, catalog: createCatalog([], 6, [route]) })
    const gateway = serve({ ctx: shop.ctx, engine }, [], shop.backendFor)
    return createModernA2aBuyer(url, through(gateway))
  }
  const [dearer, moved] = [await at('/photos/:id', '$0.90'), await at('/pictures/:id', '$0.10')]
  const asked = await buyer.send({ data: photo })
  const metadata = paying(sign(shop, offerOf(asked)))
  await expect(moved.get(asked.id)).rejects.toMatchObject({ envelopeCode: -32001 })
  await expect(moved.send({ taskId: asked.id, metadata })).rejects.toThrow('nothing at this path')
  expect([shop.served.length, shop.ledger.transfers().length]).toEqual([0, 0])
  expect(offerOf(await dearer.get(asked.id))).toEqual(offerOf(asked))
  expect((await dearer.send({ taskId: asked.id, metadata })).state).toBe('completed')
  expect(shop.ledger.transfers()).toMatchObject([{ value: 100_000n }])
  // What was paid is shown wherever its money may have to be looked for.
  expect((await moved.get(asked.id)).state).toBe('completed')
  const named = await buyer.send({ data: { ...photo, requestId: 'invoice-0000000000003' } })
  const theirs = await buyer.send({ data: { ...photo, requestId: 'invoice-0000000000003' } })
  expect(theirs.id).not.toBe(named.id)
  await expect(moved.get(theirs.id)).rejects.toMatchObject({ envelopeCode: -32001 })
})
