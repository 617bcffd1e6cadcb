import { type Sandbox, startSandbox } from '@key0/sandbox'
import { validateKey0Token } from '@key0/token'
import { getAddress } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { type Buyer, createBuyer, decode } from '../src/createBuyer.ts'
import { storeKinds } from '../src/createShelf.ts'
import { stopServers } from '../src/servers.ts'
import { plans, priceOf, type Shop, startShop, tokenSecret } from '../src/startShop.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
afterAll(stopServers)

describe.each(storeKinds)('a buyer at a shop that keeps its books in %s', (store) => {
  let shop: Shop
  let buyer: Buyer
  beforeEach(async () => {
    shop = await startShop({ sandbox, store })
    buyer = await createBuyer(shop)
  })
  afterEach(async () => {
    const breaches = await checkBooks(shop)
    await shop[Symbol.asyncDispose]()
    expect(breaches).toEqual([])
  })

  const sentBy = async ({ address }: Buyer) => sandbox.transfers({ from: address })

  test('buys with the public client as it is published, and its token opens the door', async () => {
    const before = await sandbox.balanceOf(buyer.address)
    const { response, settled } = await buyer.buyWithPublicClient('basic')
    expect(response.status).toBe(200)
    const grant = (await response.json()) as Record<string, string>
    const [transfer, ...more] = await sentBy(buyer)
    expect(more).toEqual([])
    expect(transfer).toMatchObject({ to: shop.seller.address, value: priceOf.basic })
    expect(settled).toMatchObject({
      success: true,
      transaction: transfer?.transactionHash,
      network: 'eip155:84532',
      amount: `${priceOf.basic}`,
      payer: buyer.address,
    })
    expect(before - (await sandbox.balanceOf(buyer.address))).toBe(priceOf.basic)
    expect(await sandbox.balanceOf(shop.seller.address)).toBe(priceOf.basic)
    const claims = await validateKey0Token(`Bearer ${grant.accessToken}`, { secret: tokenSecret })
    expect(claims).toMatchObject({
      jti: grant.challengeId,
      planId: 'basic',
      txHash: transfer?.transactionHash,
    })
    expect(shop.issuer.calls).toHaveLength(1)
    expect(await shop.records()).toMatchObject([{ state: 'DELIVERED', fromAddress: buyer.address }])
  })

  test('who lost the answer sends the very same payment again and gets the same bytes', async () => {
    const { response, header } = await buyer.buyWithPublicClient('plus')
    const first = await response.text()
    for (const restart of [false, true, true]) {
      if (restart) await shop.restart()
      const again = await buyer.pay(header, { planId: 'plus' })
      expect([again.status, again.text]).toEqual([200, first])
    }
    expect(await sentBy(buyer)).toHaveLength(1)
    expect(shop.issuer.calls).toHaveLength(1)
  })

  test('whose client posts one payment 200 times at once pays once and is issued once', async () => {
    const { header } = await buyer.sign(await buyer.offered())
    const replies = await Promise.all(Array.from({ length: 200 }, () => buyer.pay(header)))
    const served = replies.filter(({ status }) => status === 200)
    const waiting = replies.filter(({ status }) => status === 503)
    expect(served.length + waiting.length).toBe(200)
    expect(served.length).toBeGreaterThan(0)
    expect(new Set(served.map(({ text }) => text)).size).toBe(1)
    for (const { headers } of waiting) expect(headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await sentBy(buyer)).toHaveLength(1)
    expect(shop.issuer.calls).toHaveLength(1)
  })

  test('whose 200 posts reach three gateways at once pays once and is issued once', async () => {
    await using chainstore = await startShop({ sandbox, store, gateways: 3 })
    const shopper = await createBuyer(chainstore)
    const { header } = await shopper.sign(await shopper.offered())
    const replies = await Promise.all(Array.from({ length: 200 }, () => shopper.pay(header)))
    expect(replies.filter(({ status }) => status !== 200 && status !== 503)).toEqual([])
    const served = replies.filter(({ status }) => status === 200)
    expect(new Set(served.map(({ text }) => text)).size).toBe(1)
    expect(await sentBy(shopper)).toHaveLength(1)
    expect(chainstore.issuer.calls).toHaveLength(1)
    expect(await checkBooks(chainstore)).toEqual([])
  })

  test('who lost the answer and signs again for the same request id is not charged again', async () => {
    const body = { planId: 'basic', requestId: 'order-7f2c9a1de0b34c55' }
    const first = await buyer.buy(body)
    expect(first.reply.status).toBe(200)
    const offer = await buyer.offered(body)
    // Anybody may guess a request id: what is known already is offered without its secret.
    expect(offer.challengeId).toBeUndefined()
    const { header, signed } = await buyer.sign(offer)
    const again = await buyer.pay(header, body)
    expect([again.status, again.text]).toEqual([200, first.reply.text])
    expect(await sandbox.authorizationState(buyer.address, signed.authorization.nonce)).toBe(false)
    expect(await sentBy(buyer)).toHaveLength(1)
    expect(shop.issuer.calls).toHaveLength(1)
  })

  test('reads one price, payee, asset and network wherever it looks', async () => {
    const discovered = (await (await fetch(`${shop.url}/discover`)).json()) as {
      network: string
      payTo: string
      asset: { address: string }
      maxTimeoutSeconds: number
      plans: { planId: string; amount: string; unitAmount: string }[]
    }
    for (const { planId, unitAmount } of plans) {
      const reply = await buyer.ask({ planId })
      const inHeader = decode(reply.headers.get('payment-required') ?? '')
      expect(reply.json.paymentRequired).toEqual(inHeader)
      const [accepted, ...more] = inHeader.accepts as Record<string, unknown>[]
      expect(more).toEqual([])
      const plan = discovered.plans.find((each) => each.planId === planId)
      expect(plan).toMatchObject({ unitAmount, amount: `${priceOf[planId]}` })
      expect(accepted).toMatchObject({
        scheme: 'exact',
        amount: plan?.amount,
        network: discovered.network,
        asset: discovered.asset.address,
        payTo: discovered.payTo,
        maxTimeoutSeconds: discovered.maxTimeoutSeconds,
      })
      expect(inHeader.resource).toMatchObject({ url: `${shop.url}/x402/access` })
      expect(accepted?.asset).toBe(getAddress(sandbox.usdc.address))
      expect(accepted?.payTo).toBe(getAddress(shop.seller.address))
      expect(accepted?.extra).toMatchObject({ name: 'USDC', version: '2' })
    }
  })
})
