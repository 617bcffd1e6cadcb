import { type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancelAuthorization } from '../src/cancelAuthorization.ts'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer, toPayment } from '../src/createBuyer.ts'
import { dump } from '../src/dump.ts'
import { readCarrier } from '../src/mempool.ts'
import { priceOf, type Shop, startShop, type Wallet } from '../src/startShop.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

describe.each(['memory', 'sqlite'] as const)('over a store in %s', (store) => {
  test('a buyer who signs five times for one challenge at once is charged for one', async () => {
    await using shop = await startShop({ sandbox, store, gateways: 2 })
    const buyer = await createBuyer(shop)
    const offer = await buyer.offered()
    const payments = await Promise.all(Array.from({ length: 5 }, () => buyer.sign(offer)))
    const replies = await Promise.all(payments.map(({ header }) => buyer.pay(header)))
    for (const { status } of replies) expect([200, 503]).toContain(status)
    const later = await Promise.all(payments.map(({ header }) => buyer.pay(header)))
    expect(new Set(later.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(later[0]?.status).toBe(200)
    expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('a second payer for somebody’s challenge keeps the money and gets nothing', async () => {
    await using shop = await startShop({ sandbox, store, gateways: 2 })
    const buyer = await createBuyer(shop)
    const other = await createBuyer(shop)
    const offer = await buyer.offered()
    const [mine, theirs] = [await buyer.sign(offer), await other.sign(offer)]
    const replies = await Promise.all([buyer.pay(mine.header), other.pay(theirs.header)])
    const codes = replies.map(({ status }) => status).sort()
    expect(codes).toEqual([200, 409])
    const winner = replies[0]?.status === 200 ? buyer : other
    const loser = winner === buyer ? other : buyer
    expect(await sandbox.transfers({ from: winner.address })).toHaveLength(1)
    expect(await sandbox.transfers({ from: loser.address })).toEqual([])
    expect(await checkBooks(shop)).toEqual([])
  })

  test('who learned the id of a paid challenge cannot open it with a payment of another', async () => {
    await using shop = await startShop({ sandbox, store })
    const buyer = await createBuyer(shop)
    const thief = await createBuyer(shop)
    const { offer, payment, reply } = await buyer.buy()
    const own = await thief.sign(offer)
    const { authorization } = (await buyer.sign(offer)).signed
    const forged = toPayment(offer.accepted, { authorization, signature: own.signed.signature })
    const zero = toPayment(offer.accepted, { authorization, signature: `0x${'00'.repeat(65)}` })
    const cheap = await buyer.sign(offer, { value: 1n })
    const elsewhere = await buyer.sign(offer, { to: thief.address })
    const ended = await buyer.sign(offer, { validBefore: (await sandbox.timestamp()) - 60n })
    const stolen = {
      ...{ authorization: payment.signed.authorization, signature: own.signed.signature },
    }
    const tries = [
      await thief.pay(own.header),
      await thief.pay(forged),
      await thief.pay(zero),
      await thief.pay(toPayment(offer.accepted, stolen)),
      await thief.pay(cheap.header),
      await thief.pay(elsewhere.header),
      await thief.pay(ended.header),
    ]
    expect(tries.map(({ status, code }) => [status, code])).toEqual([
      [409, 'REQUEST_CONFLICT'],
      ...Array(6).fill([403, 'PAYER_PROOF_INVALID']),
    ])
    expect(await sandbox.transfers({ from: thief.address })).toEqual([])
    expect((await buyer.pay(payment.header)).text).toBe(reply.text)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('nor with another mined payment of the same buyer, which anybody can read', async () => {
    await using shop = await startShop({ sandbox, store })
    const buyer = await createBuyer(shop)
    const thief = await createBuyer(shop)
    const first = await buyer.buy()
    const second = await buyer.buy()
    const seen = await readCarrier(sandbox, first.reply.json.txHash as `0x${string}`)
    const stolen = await thief.pay(toPayment(second.offer.accepted, seen))
    expect([stolen.status, stolen.code]).toEqual([409, 'PAYMENT_SPENT'])
    const fresh = await buyer.sign(second.offer)
    expect((await buyer.pay(fresh.header)).text).toBe(second.reply.text)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('a payment for one plan does not open another, before and after it is used', async () => {
    await using shop = await startShop({ sandbox, store })
    const buyer = await createBuyer(shop)
    const { header } = await buyer.sign(await buyer.offered({ planId: 'basic' }))
    const wrong = [
      { planId: 'plus' },
      { planId: 'basic', resourceId: 'another' },
      { planId: 'basic', requestId: 'another-request-00' },
    ]
    const before = await dump(shop)
    for (const body of wrong) expect((await buyer.pay(header, body)).code).toBe('REQUEST_CONFLICT')
    expect(await dump(shop)).toBe(before)
    expect((await buyer.pay(header)).status).toBe(200)
    for (const body of wrong) {
      const reply = await buyer.pay(header, body)
      expect([reply.status, reply.code]).toEqual([409, 'REQUEST_CONFLICT'])
    }
    expect(await checkBooks(shop)).toEqual([])
  })

  test('a payment for one shop is nothing to another behind the same chain', async () => {
    await using shop = await startShop({ sandbox, store })
    await using next = await startShop({ sandbox, store })
    const buyer = await createBuyer(shop)
    const { signed } = await buyer.sign(await buyer.offered())
    const there = await createBuyer(next, buyer)
    const offer = await there.offered()
    const reply = await there.pay(toPayment(offer.accepted, signed))
    expect([reply.status, reply.code]).toEqual([402, 'PAYMENT_PAYEE_MISMATCH'])
    expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
  })

  test('a payer whose money left just before is asked again only when it can no longer come', async () => {
    await using own = await startSandbox()
    await using rpc = await startRpcProxy({ target: own.rpcUrl })
    await using shop = await startShop({
      ...{ sandbox: own, store, rpcUrl: rpc.url, settleWaitMs: 300 },
    })
    const buyer = await createBuyer(shop)
    const offer = await buyer.offered()
    const { header } = await buyer.sign(offer)
    const moved = Promise.withResolvers<void>()
    rpc.add({ method: 'eth_sendRawTransaction', effect: { kind: 'hold', until: moved.promise } })
    const paying = buyer.pay(header)
    await rpc.waitForCall('eth_sendRawTransaction')
    const all = await own.balanceOf(buyer.address)
    await own.transfer(buyer.address, own.wallets.stranger.address, all)
    moved.resolve()
    expect((await paying).code).toBe('SETTLEMENT_PENDING')
    shop.clock.advance(31_000)
    await shop.key0().recover()
    expect((await buyer.pay(header)).status).toBe(503)
    await shop.advance(400)
    await shop.key0().recover()
    await own.mint(buyer.address, all)
    const anew = await buyer.sign(offer)
    expect((await buyer.pay(anew.header)).status).toBe(200)
    expect(await own.transfers({ from: buyer.address, to: shop.seller.address })).toHaveLength(1)
    expect(shop.issuer.calls).toHaveLength(1)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('a payer who cancels on chain before the payment is mined gets nothing', async () => {
    await using own = await startSandbox()
    await using rpc = await startRpcProxy({ target: own.rpcUrl })
    await using shop = await startShop({ sandbox: own, store, rpcUrl: rpc.url, settleWaitMs: 500 })
    const buyer = await createBuyer(shop)
    const { header, signed } = await buyer.sign(await buyer.offered())
    const cancelled = Promise.withResolvers<void>()
    rpc.add({
      method: 'eth_sendRawTransaction',
      effect: { kind: 'hold', until: cancelled.promise },
    })
    const paying = buyer.pay(header)
    await rpc.waitForCall('eth_sendRawTransaction')
    await cancelAuthorization(own, buyer, signed.authorization.nonce)
    cancelled.resolve()
    const reply = await paying
    expect([reply.status, reply.code]).toEqual([402, 'AUTHORIZATION_CANCELLED'])
    expect(await own.transfers({ from: buyer.address })).toEqual([])
    expect(await shop.records()).toMatchObject([{ state: 'PENDING', intent: { stage: 'VOID' } }])
    const { reply: bought } = await buyer.buy()
    expect(bought.status).toBe(200)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('while the token is paused nobody pays, and nothing is noted', async () => {
    await using own = await startSandbox()
    await using shop = await startShop({ sandbox: own, store })
    const buyer = await createBuyer(shop)
    const { header } = await buyer.sign(await buyer.offered())
    const before = await dump(shop)
    await own.pause()
    const reply = await buyer.pay(header)
    expect([reply.status, reply.code]).toEqual([503, 'TOKEN_PAUSED'])
    await own.unpause()
    await own.blacklist(buyer.address)
    const blocked = await buyer.pay(header)
    expect([blocked.status, blocked.code]).toEqual([402, 'PAYER_BLOCKED'])
    expect(await dump(shop)).toBe(before)
    await own.unblacklist(buyer.address)
    expect((await buyer.pay(header)).status).toBe(200)
    expect(await checkBooks(shop)).toEqual([])
  })

  test('a poor payer, or one who spends too little, is told so before anything is noted', async () => {
    await using shop = await startShop({ sandbox, store })
    const buyer = await createBuyer(shop)
    const poor = await createBuyer(shop, await emptyWallet(shop))
    const offer = await poor.offered()
    const before = await dump(shop)
    const broke = await poor.pay((await poor.sign(offer)).header)
    expect([broke.status, broke.code]).toEqual([402, 'FUNDS_INSUFFICIENT'])
    const short = await buyer.sign(offer, { value: priceOf.basic - 1n })
    expect((await buyer.pay(short.header)).code).toBe('PAYMENT_VALUE_MISMATCH')
    const tip = await buyer.sign(offer, { value: priceOf.basic + 1n })
    expect((await buyer.pay(tip.header)).code).toBe('PAYMENT_VALUE_MISMATCH')
    const astray = await buyer.sign(offer, { to: poor.address })
    expect((await buyer.pay(astray.header)).code).toBe('PAYMENT_PAYEE_MISMATCH')
    expect(await dump(shop)).toBe(before)
    expect(await checkBooks(shop)).toEqual([])
  })
})

async function emptyWallet({ sandbox: chain }: Shop): Promise<Wallet> {
  const { privateKey, address } = chain.wallets.stranger
  return { privateKey, address }
}
