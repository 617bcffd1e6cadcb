import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import { dump } from '../src/dump.ts'
import { type Conduct, type Facilitator, startFacilitator } from '../src/startFacilitator.ts'
import { startShop } from '../src/startShop.ts'

let sandbox: Sandbox
let facilitator: Facilitator
beforeAll(async () => {
  sandbox = await startSandbox()
  facilitator = await startFacilitator(sandbox)
})
afterAll(async () => {
  await facilitator[Symbol.asyncDispose]()
  await sandbox.stop()
})

describe.each(['memory', 'sqlite'] as const)('a buyer at a shop with a store in %s', (store) => {
  const open = () =>
    startShop({ sandbox, store, facilitatorUrl: facilitator.url, settleWaitMs: 400 })

  const settled: readonly Conduct[] = [
    'settles',
    'settles, then cuts the connection',
    'settles, then answers 502',
    'settles, then says that it failed',
    'settles, then names another payer',
    'settles, then names an unknown transaction',
  ]
  test.each(settled)('whose facilitator %s has paid once and is served', async (conduct) => {
    await using shop = await open()
    facilitator.behave(conduct)
    const buyer = await createBuyer(shop)
    const { response, header, settled: receipt } = await buyer.buyWithPublicClient('basic')
    expect(response.status).toBe(200)
    const [transfer, ...more] = await sandbox.transfers({ from: buyer.address })
    expect(more).toEqual([])
    const { transactionHash: transaction } = transfer ?? {}
    expect(receipt).toMatchObject({ success: true, transaction, payer: buyer.address })
    expect((await buyer.pay(header)).text).toBe(await response.text())
    expect(await checkBooks(shop)).toEqual([])
  })

  const unsettled: readonly Conduct[] = [
    'says settlement_pending with 200, and settles later',
    'says settlement_pending with 500, and settles later',
    'answers 502 and does nothing',
    'says success and does nothing',
    'cuts the connection and does nothing',
  ]
  test.each(unsettled)('whose facilitator %s waits, and is served in the end', async (conduct) => {
    await using shop = await open()
    facilitator.behave(conduct)
    const buyer = await createBuyer(shop)
    const { reply, payment, offer } = await buyer.buy()
    expect([reply.status, reply.code]).toEqual([503, 'SETTLEMENT_PENDING'])
    expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
    expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
    // Neither the same payment nor a new one is ever answered with a request to sign again.
    const again = await buyer.sign(offer)
    for (const header of [payment.header, again.header]) {
      expect((await buyer.pay(header)).status).toBe(503)
    }
    facilitator.behave('settles')
    await facilitator.settlePending()
    shop.clock.advance(31_000)
    await shop.key0().recover()
    const served = await buyer.pay(payment.header)
    expect(served.status).toBe(200)
    expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
    expect(await sandbox.authorizationState(buyer.address, again.signed.authorization.nonce)).toBe(
      false,
    )
    expect(shop.issuer.calls).toHaveLength(1)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('whose facilitator calls the payment of another buyer his waits, and pays for his own', async () => {
    await using shop = await open()
    facilitator.behave('settles')
    const [first, second] = [await createBuyer(shop), await createBuyer(shop)]
    expect((await first.buy()).reply.status).toBe(200)
    facilitator.behave('says success with the transaction of another payer, and does nothing')
    const { reply, payment } = await second.buy()
    expect([reply.status, reply.code]).toEqual([503, 'SETTLEMENT_PENDING'])
    expect(shop.issuer.calls).toHaveLength(1)
    facilitator.behave('settles')
    shop.clock.advance(31_000)
    await shop.key0().recover()
    expect((await second.pay(payment.header)).status).toBe(200)
    for (const { address } of [first, second])
      expect(await sandbox.transfers({ from: address, to: shop.seller.address })).toHaveLength(1)
    expect(await checkBooks(shop)).toEqual([])
  })

  test.each([
    ['refuses', 402, 'FACILITATOR_REFUSED'],
    ['is down', 503, 'CHAIN_UNREACHABLE'],
    ['says that the nonce is used', 503, 'CHAIN_UNREACHABLE'],
  ] as const)(
    'whose facilitator %s at the check keeps money and choice: %i',
    async (conduct, status, code) => {
      await using shop = await open()
      facilitator.behave('settles', conduct)
      const buyer = await createBuyer(shop)
      const offer = await buyer.offered()
      const before = await dump(shop)
      const asked = facilitator.requests.length
      const { header } = await buyer.sign(offer)
      const refused = await buyer.pay(header)
      expect([refused.status, refused.code]).toEqual([status, code])
      expect(facilitator.requests.slice(asked)).toEqual(['/verify'])
      expect(await dump(shop)).toBe(before)
      expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
      facilitator.behave('settles')
      expect((await buyer.pay(header)).status).toBe(200)
      expect(await checkBooks(shop)).toEqual([])
    },
  )

  test('who paid by another way just before the check is not asked to pay again', async () => {
    await using shop = await open()
    facilitator.behave('settles', 'says that the nonce is used, which it is by now')
    const buyer = await createBuyer(shop)
    const { reply, offer } = await buyer.buy()
    expect([reply.status, reply.code]).toEqual([403, 'PAYER_PROOF_REQUIRED'])
    const { txHash, message } = reply.json.facts as { txHash: `0x${string}`; message: string }
    const proven = await buyer.prove(offer.challengeId, txHash, await buyer.signText(message))
    expect(proven.status).toBe(200)
    expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
    expect(await checkBooks(shop)).toEqual([])
  })
})
