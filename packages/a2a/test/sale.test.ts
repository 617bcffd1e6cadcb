import { payerProofMessage } from '@key0/core'
import { createBuyer, fakeAccounts, fakeSignature } from '@key0/core/testing'
import {
  type A2aBuyer,
  a2aBuyers,
  createLegacyA2aBuyer,
  createModernA2aBuyer,
} from '@key0/test-clients'
import { describe, expect, test } from 'vitest'
import { offerOf, openShop, paying, type Shop, serve, sign, through, url } from './shop.ts'

describe.each(a2aBuyers)('%s', (_, create) => {
  const open = async (): Promise<[Shop, A2aBuyer]> => {
    const shop = openShop()
    return [shop, await create(url, through(shop.handler))]
  }

  test('buys a plan: price, payment, grant', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: { planId: 'basic' } })
    expect(asked).toMatchObject({
      state: 'input-required',
      metadata: { 'x402.payment.status': 'payment-required' },
    })
    const bought = await buyer.send({
      ...{ taskId: asked.id, contextId: asked.contextId },
      metadata: paying(sign(shop, offerOf(asked))),
    })
    const [transfer] = shop.ledger.transfers()
    expect(bought).toMatchObject({
      ...{ id: asked.id, contextId: asked.contextId, state: 'completed' },
      metadata: {
        'x402.payment.status': 'payment-completed',
        'x402.payment.receipts': [
          { success: true, transaction: transfer?.txHash, network: 'eip155:84532' },
        ],
      },
      grant: { accessToken: 'token-1', challengeId: asked.id },
    })
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('gets a lost answer by sending the same again, or by signing again, and pays once', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: { planId: 'basic' } })
    const metadata = paying(sign(shop, offerOf(asked)))
    const first = await buyer.send({ taskId: asked.id, metadata })
    const again = await buyer.send({ taskId: asked.id, metadata })
    const anew = await buyer.send({
      taskId: asked.id,
      metadata: paying(sign(shop, offerOf(asked))),
    })
    expect([again, anew].map(({ state, grant }) => ({ state, grant }))).toEqual(
      [first, first].map(({ state, grant }) => ({ state, grant })),
    )
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('looks at its task: state and receipts, and never the grant', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ text: '{"planId":"basic"}' })
    expect(await buyer.get(asked.id)).toMatchObject({
      ...{ id: asked.id, contextId: asked.contextId, state: 'input-required' },
      metadata: { 'x402.payment.required': offerOf(asked) },
    })
    await buyer.send({ taskId: asked.id, metadata: paying(sign(shop, offerOf(asked))) })
    const seen = await buyer.get(asked.id)
    expect(seen).toMatchObject({
      state: 'completed',
      metadata: { 'x402.payment.receipts': [{ success: true }] },
      grant: undefined,
    })
    expect(JSON.stringify(seen)).not.toContain('token-1')
  })

  test('declines a price, and cancels another', async () => {
    const [shop, buyer] = await open()
    const [one, other] = [
      await buyer.send({ data: { planId: 'basic' } }),
      await buyer.send({ data: { planId: 'plus' } }),
    ]
    const declined = { 'x402.payment.status': 'payment-rejected' }
    const answers = [
      await buyer.send({ taskId: one.id, metadata: declined }),
      await buyer.cancel(other.id),
    ]
    for (const { state, metadata } of answers)
      expect([state, metadata['x402.payment.status']]).toEqual(['canceled', 'payment-rejected'])
    expect((await shop.engine.inspect(one.id)).state).toBe('CANCELLED')
    const late = buyer.send({ taskId: one.id, metadata: paying(sign(shop, offerOf(one))) })
    expect(await late).toMatchObject({ state: 'canceled', grant: undefined })
    expect(shop.ledger.transfers()).toEqual([])
  })

  test('presents a transfer that it made itself', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: { planId: 'basic' } })
    const txHash = createBuyer(shop).transfer(100_000n)
    const proof = { skill: 'submit-proof', txHash }
    await expect(buyer.send({ taskId: asked.id, data: proof })).rejects.toThrow('sign to show')
    const message = payerProofMessage(asked.id, txHash)
    const payerSignature = fakeSignature(fakeAccounts.buyer, message)
    const bought = await buyer.send({ taskId: asked.id, data: { ...proof, payerSignature } })
    expect(bought).toMatchObject({
      state: 'completed',
      metadata: { 'x402.payment.receipts': [{ transaction: txHash }] },
      grant: { accessToken: 'token-1' },
    })
  })

  test('pays by x402 version 1, and is answered in its words', async () => {
    const [shop, buyer] = await open()
    const asked = await buyer.send({ data: { planId: 'basic', x402Version: 1 } })
    const required = asked.metadata['x402.payment.required']
    expect(required).toMatchObject({
      x402Version: 1,
      accepts: [{ scheme: 'exact', network: 'base-sepolia', maxAmountRequired: '100000' }],
    })
    const { payload } = sign(shop, offerOf(await buyer.get(asked.id)))
    const first = { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload }
    const spoilt = { ...first, network: 'base' }
    const refused = await buyer.send({ taskId: asked.id, metadata: paying(spoilt) })
    expect(refused.metadata).toMatchObject({
      'x402.payment.error': 'NETWORK_MISMATCH',
      'x402.payment.required': { x402Version: 1 },
    })
    const text = Buffer.from(JSON.stringify(first)).toString('base64')
    const bought = await buyer.send({ taskId: asked.id, metadata: paying(text) })
    expect(bought).toMatchObject({
      state: 'completed',
      metadata: { 'x402.payment.receipts': [{ success: true, network: 'base-sepolia' }] },
      grant: { challengeId: asked.id },
    })
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('keeps its own context', async () => {
    const [, buyer] = await open()
    const asked = await buyer.send({ contextId: 'research-7', data: { planId: 'basic' } })
    expect(asked.contextId).toBe('research-7')
    expect((await buyer.get(asked.id)).contextId).toBe('research-7')
  })
})

test('another gateway goes on with a task', async () => {
  const shop = openShop()
  const other = serve(shop)
  const [here, there] = [
    await createModernA2aBuyer(url, through(shop.handler)),
    await createLegacyA2aBuyer(url, through(other)),
  ]
  const asked = await here.send({ data: { planId: 'basic' } })
  const bought = await there.send({
    ...{ taskId: asked.id, contextId: asked.contextId },
    metadata: paying(sign(shop, offerOf(asked))),
  })
  expect(bought).toMatchObject({ id: asked.id, state: 'completed' })
  expect(await here.get(asked.id)).toMatchObject({ state: 'completed', contextId: asked.contextId })
})
