import type { ChallengeStore } from '@key0/core'
import { createRefunds, processRefunds, type RefundResult } from '@key0/refunds'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import { storeKinds } from '../src/createShelf.ts'
import { stopServers } from '../src/servers.ts'
import { priceOf, type Shop, startShop } from '../src/startShop.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())
afterAll(stopServers)

/** The call of the documents, with an endpoint and no grace period. */
async function refundAll(
  shop: Shop,
  store: ChallengeStore = shop.store(),
): Promise<readonly RefundResult[]> {
  return processRefunds({
    store,
    walletPrivateKey: shop.seller.privateKey,
    network: 'testnet',
    minAgeMs: 0,
    rpcUrl: sandbox.rpcUrl,
  })
}

/** A pass of a worker that lives by the shop's clock. */
async function passOf(shop: Shop): Promise<readonly RefundResult[]> {
  const { chain } = shop.key0()
  const walletPrivateKey = shop.seller.privateKey
  const { clock } = shop
  return createRefunds({ store: shop.store(), chain, walletPrivateKey, clock, minAgeMs: 0 }).run()
}

describe.each(storeKinds)('a buyer at a shop with a store in %s', (store) => {
  test.each(['throws', 'hangs', 'nonsense'] as const)(
    'whose goods never came (issuing %s) is told so and gets the money back once',
    async (conduct) => {
      await using shop = await startShop({ sandbox, store, issuerTimeoutMs: 200 })
      const buyer = await createBuyer(shop)
      const whole = await sandbox.balanceOf(buyer.address)
      shop.issuer.behave(conduct)
      const { response, settled, header } = await buyer.buyWithPublicClient('basic')
      expect(response.status).toBe(502)
      const { code, facts } = (await response.json()) as {
        code: string
        facts: Record<string, string>
      }
      expect(code).toBe('DELIVERY_FAILED')
      expect(settled).toMatchObject({ success: true, transaction: facts.txHash })
      expect(facts).toMatchObject({ state: 'PAID', refund: 'automatic' })
      expect(Date.parse(facts.refundNotBefore ?? '')).toBeLessThanOrEqual(Date.now())
      expect(await sandbox.balanceOf(buyer.address)).toBe(whole - priceOf.basic)

      const [result, ...more] = await refundAll(shop)
      expect(more).toEqual([])
      const [back, ...others] = await sandbox.transfers({
        to: buyer.address,
        from: shop.seller.address,
      })
      expect(others).toEqual([])
      expect(result).toEqual({
        challengeId: expect.stringMatching(/^http-/),
        originalTxHash: facts.txHash,
        refundTxHash: back?.transactionHash,
        amount: '$0.10',
        toAddress: buyer.address,
        success: true,
      })
      expect(await sandbox.balanceOf(buyer.address)).toBe(whole)
      expect(await shop.records()).toMatchObject([{ state: 'REFUNDED' }])
      expect(await refundAll(shop)).toEqual([])
      shop.issuer.behave('works')
      const late = await buyer.pay(header)
      expect([late.status, late.code]).toEqual([410, 'CHALLENGE_REFUNDED'])
      expect(await checkBooks(shop)).toEqual([])
    },
  )

  test('whose refund ten workers of two processes make at once gets it once', async () => {
    await using shop = await startShop({ sandbox, store, gateways: 2 })
    const buyers = await Promise.all([1, 2, 3].map(() => createBuyer(shop)))
    shop.issuer.behave('throws')
    const replies = await Promise.all(buyers.map((buyer) => buyer.buy()))
    expect(replies.map(({ reply }) => reply.status)).toEqual([502, 502, 502])
    const passes = Array.from({ length: 10 }, (_, index) =>
      refundAll(shop, shop.stores()[index % 2]),
    )
    const results = (await Promise.all(passes)).flat()
    for (const { challengeId } of results) {
      expect(results.filter((it) => it.challengeId === challengeId && it.success).length).toBe(1)
    }
    for (let pass = 0; pass < 3; pass += 1) {
      shop.clock.advance(61_000)
      await passOf(shop)
    }
    for (const buyer of buyers) {
      const back = await sandbox.transfers({ from: shop.seller.address, to: buyer.address })
      expect(back.map(({ value }) => value)).toEqual([priceOf.basic])
    }
    expect((await shop.records()).map(({ state }) => state)).toEqual(Array(3).fill('REFUNDED'))
    expect(await checkBooks(shop)).toEqual([])
  })

  test('who asks again once issuing works gets the goods, and then no money', async () => {
    await using shop = await startShop({ sandbox, store })
    const buyer = await createBuyer(shop)
    shop.issuer.behave('throws')
    const { payment, reply } = await buyer.buy()
    expect(reply.status).toBe(502)
    shop.issuer.behave('works')
    await shop.restart()
    const served = await buyer.pay(payment.header)
    expect(served.status).toBe(200)
    expect(await refundAll(shop)).toEqual([])
    expect(await sandbox.transfers({ from: shop.seller.address })).toEqual([])
    expect((await buyer.pay(payment.header)).text).toBe(served.text)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('whose goods are being made is not refunded meanwhile', async () => {
    await using shop = await startShop({ sandbox, store })
    const buyer = await createBuyer(shop)
    const made = Promise.withResolvers<void>()
    shop.issuer.behave(made.promise)
    const { header } = await buyer.sign(await buyer.offered())
    const paying = buyer.pay(header)
    await shop.issuer.reached(1)
    expect(await refundAll(shop)).toEqual([])
    made.resolve()
    expect((await paying).status).toBe(200)
    expect(await refundAll(shop)).toEqual([])
    expect(await checkBooks(shop)).toEqual([])
  })

  test('whose goods come after the refund was claimed gets the refund alone', async () => {
    await using shop = await startShop({ sandbox, store, issuerTimeoutMs: 5_000 })
    const buyer = await createBuyer(shop)
    const made = Promise.withResolvers<void>()
    shop.issuer.behave(made.promise)
    const { header } = await buyer.sign(await buyer.offered())
    const paying = buyer.pay(header)
    await shop.issuer.reached(1)
    // Longer than the lease of a delivery: to everybody else its holder is dead.
    shop.clock.advance(60_000)
    expect(await passOf(shop)).toMatchObject([{ success: true, toAddress: buyer.address }])
    made.resolve()
    const reply = await paying
    expect([reply.status, reply.code]).toEqual([410, 'CHALLENGE_REFUNDED'])
    expect(reply.text).not.toContain('accessToken')
    expect(await checkBooks(shop)).toEqual([])
  })

  test('whose goods and refund race gets one of them, every time', async () => {
    await using shop = await startShop({ sandbox, store, gateways: 2 })
    const buyers = await Promise.all(Array.from({ length: 6 }, () => createBuyer(shop)))
    shop.issuer.behave('throws')
    const bought = await Promise.all(buyers.map((buyer) => buyer.buy()))
    shop.issuer.behave('works')
    const outcomes = await Promise.all([
      ...bought.map(({ payment }, index) => buyers[index]?.pay(payment.header)),
      ...shop.stores().map((each) => refundAll(shop, each)),
    ])
    expect(outcomes).toHaveLength(8)
    for (let pass = 0; pass < 3; pass += 1) {
      shop.clock.advance(61_000)
      await passOf(shop)
    }
    const states = (await shop.records()).map(({ state }) => state)
    for (const state of states) expect(['DELIVERED', 'REFUNDED']).toContain(state)
    expect(await checkBooks(shop)).toEqual([])
  })
})
