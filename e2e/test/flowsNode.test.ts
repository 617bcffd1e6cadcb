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
import { recoverFor } from '../src/recoverFor.ts'
import { startShop } from '../src/startShop.ts'

describe.each(['memory', 'sqlite'] as const)('a buyer at a shop with a store in %s', (store) => {
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
