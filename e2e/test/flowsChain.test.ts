import { createRefunds } from '@key0/refunds'
import {
  type RpcProxy,
  type RpcRule,
  rpcFaults,
  type Sandbox,
  startRpcProxy,
  startSandbox,
} from '@key0/sandbox'
import { describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import { dump } from '../src/dump.ts'
import { type Shop, startShop } from '../src/startShop.ts'

/** Recovery as a timer runs it, for two minutes of the shop's clock. */
async function recoverFor(shop: Shop, passes = 4): Promise<void> {
  for (let pass = 0; pass < passes; pass += 1) {
    shop.clock.advance(31_000)
    await shop.key0().recover()
  }
}

describe.each(['memory', 'sqlite'] as const)('a buyer at a shop with a store in %s', (store) => {
  describe('whose payment no block takes up', () => {
    test('waits without being asked to sign, until it is void; then may pay anew', async () => {
      await using sandbox = await startSandbox()
      await using shop = await startShop({ sandbox, store, settleWaitMs: 250 })
      const buyer = await createBuyer(shop)
      const body = { planId: 'basic', requestId: 'stalled-0123456789ab' }
      const offer = await buyer.offered(body)
      const payment = await buyer.sign(offer)
      await sandbox.stallBlocks()
      const replies = [
        await buyer.pay(payment.header, body),
        await buyer.pay(payment.header, body),
        await buyer.pay((await buyer.sign(offer)).header, body),
        await buyer.ask(body),
      ]
      expect(replies.map(({ status, code }) => [status, code])).toEqual(
        Array(4).fill([503, 'SETTLEMENT_PENDING']),
      )
      // Its time passes by the wall clock, but no block has said so.
      shop.clock.advance(400_000)
      await shop.key0().recover()
      expect(await shop.records()).toMatchObject([{ state: 'PENDING', intent: { stage: 'OPEN' } }])
      expect((await buyer.pay(payment.header, body)).status).toBe(503)
      await expect(shop.key0().cancelChallenge(offer.challengeId)).rejects.toMatchObject({
        code: 'SETTLEMENT_PENDING',
      })
      await sandbox.increaseTime(400)
      await sandbox.resumeBlocks()
      await sandbox.mine()
      await recoverFor(shop, 2)
      expect(await shop.records()).toMatchObject([
        { state: 'PENDING', intent: { stage: 'VOID', voidReason: 'AUTHORIZATION_EXPIRED' } },
      ])
      const anew = await buyer.sign(await buyer.offered(body))
      expect((await buyer.pay(anew.header, body)).status).toBe(200)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('sees its challenge expire only after its payment is dead', async () => {
      await using sandbox = await startSandbox()
      await using shop = await startShop({ sandbox, store, settleWaitMs: 250 })
      const buyer = await createBuyer(shop)
      const offer = await buyer.offered()
      const { header } = await buyer.sign(offer)
      await sandbox.stallBlocks()
      expect((await buyer.pay(header)).status).toBe(503)
      shop.clock.advance(1_000_000)
      await shop.key0().recover()
      expect(await shop.records()).toMatchObject([{ state: 'PENDING' }])
      await sandbox.increaseTime(1_000)
      await sandbox.resumeBlocks()
      await sandbox.mine()
      await recoverFor(shop)
      expect(await shop.records()).toMatchObject([{ state: 'EXPIRED', intent: { stage: 'VOID' } }])
      const late = await buyer.pay(header)
      expect([late.status, late.code]).toEqual([410, 'CHALLENGE_EXPIRED'])
      expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
      expect(await checkBooks(shop)).toEqual([])
    })
  })

  describe('whose chain reorganises', () => {
    const finality = { payment: 'latest', refund: 'finalized' } as const

    test('pays once: the dropped payment is brought back', async () => {
      await using sandbox = await startSandbox({ slotsInAnEpoch: 1 })
      await using shop = await startShop({ sandbox, store, finality })
      const buyer = await createBuyer(shop)
      const { reply, payment } = await buyer.buy()
      expect(reply.status).toBe(200)
      await sandbox.reorg(1)
      expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
      await recoverFor(shop, 1)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      await sandbox.mine(4)
      await recoverFor(shop, 1)
      expect(await shop.records()).toMatchObject([{ state: 'DELIVERED', paymentFinal: true }])
      expect((await buyer.pay(payment.header)).text).toBe(reply.text)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('gets an undelivered payment back once, whatever block the refund was in', async () => {
      await using sandbox = await startSandbox({ slotsInAnEpoch: 1 })
      await using shop = await startShop({ sandbox, store, finality })
      const buyer = await createBuyer(shop)
      const whole = await sandbox.balanceOf(buyer.address)
      shop.issuer.behave('throws')
      expect((await buyer.buy()).reply.status).toBe(502)
      const { chain } = shop.key0()
      const refunds = createRefunds({
        ...{ store: shop.store(), chain, clock: shop.clock, minAgeMs: 0, waitMs: 300 },
        walletPrivateKey: shop.seller.privateKey,
        finality: 'finalized',
      })
      expect(await refunds.run()).toEqual([])
      await sandbox.mine(4)
      expect(await refunds.run()).toMatchObject([{ success: false, pending: true }])
      expect(await sandbox.balanceOf(buyer.address)).toBe(whole)
      await sandbox.reorg(1)
      expect(await sandbox.balanceOf(buyer.address)).not.toBe(whole)
      shop.clock.advance(61_000)
      expect(await refunds.run()).toMatchObject([{ success: false, pending: true }])
      await sandbox.mine(4)
      shop.clock.advance(61_000)
      expect(await refunds.run()).toMatchObject([{ success: true }])
      expect(
        await sandbox.transfers({ to: buyer.address, from: shop.seller.address }),
      ).toHaveLength(1)
      expect(await sandbox.balanceOf(buyer.address)).toBe(whole)
      await recoverFor(shop, 1)
      expect(await checkBooks(shop)).toEqual([])
    })
  })

  describe('whose shop loses or is lied to by its node', () => {
    /** Faults that begin when the payment is sent; before it, the node is well. */
    const faults: readonly (readonly [
      name: string,
      rules: (rpc: RpcProxy, sandbox: Sandbox) => Promise<readonly RpcRule[]>,
    ])[] = [
      ['answers 503 to the payment', async () => [sending({ kind: 'status', status: 503 })]],
      ['rate-limits the payment', async () => [sending({ kind: 'status', status: 429 })]],
      ['breaks off before it took the payment', async () => [sending({ kind: 'dropBefore' })]],
      ['takes the payment and breaks off', async () => [sending({ kind: 'dropAfter' })]],
      ['never answers the payment', async () => [sending({ kind: 'hang' })]],
      ['takes the payment and never answers', async () => [sending({ kind: 'hangAfter' })]],
      [
        'refuses the payment by an error',
        async () => [sending({ kind: 'error', code: -32000, message: 'already known' })],
      ],
      [
        'says that the gas nonce is used',
        async () => [sending({ kind: 'error', code: -32000, message: 'nonce too low' })],
      ],
      ['loses the payment', async () => [rpcFaults.blackHole(() => `0x${'ee'.repeat(32)}`)]],
      ['has no receipts', async () => [rpcFaults.nullReceipt()]],
      ['says that it reverted', async () => [rpcFaults.lyingReceipt({ status: '0x0', logs: [] })]],
      ['stands still', async (_, sandbox) => rpcFaults.staleHead(await sandbox.blockNumber())],
      ['goes down once it took the payment', async () => goesDown({ kind: 'dropAfter' })],
      ['goes down for ever after', async () => goesDown({ kind: 'status', status: 503 })],
    ]

    test.each(faults)('which %s', async (_, rules) => {
      await using sandbox = await startSandbox()
      await using rpc = await startRpcProxy({ target: sandbox.rpcUrl })
      await using shop = await startShop({
        ...{ sandbox, store, rpcUrl: rpc.url, settleWaitMs: 300, rpcTimeoutMs: 300 },
      })
      const buyer = await createBuyer(shop)
      const body = { planId: 'basic', requestId: 'rpc-fault-0123456789' }
      const offer = await buyer.offered(body)
      const payment = await buyer.sign(offer)
      rpc.add(await rules(rpc, sandbox))
      const first = await buyer.pay(payment.header, body)
      expect([200, 503]).toContain(first.status)
      // A client that gave up waiting and signs again must not pay a second time for it.
      const second = await buyer.sign(offer)
      const third = await buyer.pay(second.header, body)
      expect([200, 503]).toContain(third.status)
      await recoverFor(shop, 1)
      rpc.clear()
      await recoverFor(shop, 3)
      // A gas wallet that lost count of its nonces repairs its lane within seconds.
      let served = await buyer.pay(payment.header, body)
      const deadline = Date.now() + 10_000
      while (served.status === 503 && Date.now() < deadline) {
        served = await buyer.pay(payment.header, body)
      }
      expect(served.status).toBe(200)
      if (first.status === 200) expect(served.text).toBe(first.text)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(shop.issuer.calls).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('before anything was sent, is told to come back, and nothing is noted', async () => {
      await using sandbox = await startSandbox()
      await using rpc = await startRpcProxy({ target: sandbox.rpcUrl })
      await using shop = await startShop({ sandbox, store, rpcUrl: rpc.url, rpcTimeoutMs: 300 })
      const buyer = await createBuyer(shop)
      const payment = await buyer.sign(await buyer.offered())
      const before = await dump(shop)
      for (const effect of [
        { kind: 'status', status: 503 },
        { kind: 'status', status: 429 },
        { kind: 'dropBefore' },
        { kind: 'hang' },
      ] as const) {
        const rule = rpc.add({ effect })
        const reply = await buyer.pay(payment.header)
        rule.remove()
        expect([reply.status, reply.code]).toEqual([503, 'CHAIN_UNREACHABLE'])
        expect(reply.headers.get('retry-after')).toMatch(/^\d+$/)
        expect(await dump(shop)).toBe(before)
      }
      expect((await buyer.pay(payment.header)).status).toBe(200)
      expect(await checkBooks(shop)).toEqual([])
    })
  })
})

function sending(effect: RpcRule['effect']): RpcRule {
  return { method: 'eth_sendRawTransaction', effect }
}

/** From the moment of the payment on, nothing works. */
function goesDown(effect: RpcRule['effect']): readonly RpcRule[] {
  let isDown = false
  const when = (): boolean => {
    isDown = true
    return true
  }
  const rest: RpcRule = { when: () => isDown, effect: { kind: 'dropBefore' } }
  return [rest, { method: 'eth_sendRawTransaction', when, effect }]
}
