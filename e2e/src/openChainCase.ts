import { type ChallengeRecord, hasOpenIntent } from '@key0/core'
import { createRefunds, type RefundResult } from '@key0/refunds'
import { type RpcEffect, type RpcProxy, type Sandbox, startRpcProxy } from '@key0/sandbox'
import { type Buyer, createBuyer } from './createBuyer.ts'
import type { Reply } from './Exchanges.ts'
import { type Shop, type ShopOptions, startShop } from './startShop.ts'

/** One buyer at one shop, whose node can be spoilt, on a chain that others use too. */
export type ChainCase = AsyncDisposable & {
  readonly sandbox: Sandbox
  readonly rpc: RpcProxy
  readonly shop: Shop
  readonly buyer: Buyer
  /** Pays, or pays again: the same authorization each time. */
  readonly pay: () => Promise<Reply>
  /** Pays for what the seller fails to deliver, and mines until that payment is final. */
  readonly lose: () => Promise<void>
  /** A pass of the refund worker, which sends again what it sent a minute ago. */
  readonly refund: () => Promise<readonly RefundResult[]>
  /** The timers of gateway and worker until nothing is on its way. */
  readonly settle: () => Promise<void>
  /** Repeats the payment until it is answered for good, while blocks are made. */
  readonly insist: () => Promise<Reply>
  readonly record: () => Promise<ChallengeRecord>
}

/** So many blocks make everything before them final, and none of it can be reorganised. */
const DEEP = 8

export async function openChainCase(
  sandbox: Sandbox,
  options: Partial<ShopOptions> = {},
): Promise<ChainCase> {
  await using stack = new AsyncDisposableStack()
  const rpc = stack.use(await startRpcProxy({ target: sandbox.rpcUrl }))
  const waits = { settleWaitMs: 250, rpcTimeoutMs: 300 } as const
  const shop = stack.use(
    await startShop({ sandbox, store: 'memory', rpcUrl: rpc.url, ...waits, ...options }),
  )
  const buyer = await createBuyer(shop)
  const { header } = await buyer.sign(await buyer.offered())
  await sandbox.mine(DEEP)
  const refunds = createRefunds({
    ...{ store: shop.store(), chain: shop.key0().chain, clock: shop.clock },
    walletPrivateKey: shop.seller.privateKey,
    finality: options.finality?.refund ?? 'latest',
    minAgeMs: 0,
    waitMs: 250,
  })
  const pay: ChainCase['pay'] = () => buyer.pay(header)
  const record: ChainCase['record'] = async () => {
    const [only] = await shop.records()
    if (!only) throw new Error('nothing was offered')
    return only
  }
  const insist: ChainCase['insist'] = async () => {
    const deadline = Date.now() + 15_000
    for (;;) {
      const reply = await pay()
      if (reply.status !== 503 || Date.now() > deadline) return reply
      await sandbox.mine(DEEP)
      shop.clock.advance(31_000)
      await shop.key0().recover()
    }
  }
  const refund: ChainCase['refund'] = async () => {
    shop.clock.advance(61_000)
    return await refunds.run()
  }
  const owned = stack.move()
  return {
    ...{ sandbox, rpc, shop, buyer, pay, refund, record, insist },
    async lose() {
      shop.issuer.behave('throws')
      const { status } = await insist()
      if (status !== 502) throw new Error(`the payment was answered with ${status}`)
      await sandbox.mine(DEEP)
      shop.clock.advance(31_000)
      await shop.key0().recover()
    },
    async settle() {
      for (let round = 0; round < 12; round += 1) {
        if (!isOpen(await record())) return
        await sandbox.mine(DEEP)
        await shop.key0().recover()
        await refund()
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

const isOpen = (record: ChallengeRecord): boolean =>
  ['PAID', 'REFUND_PENDING'].includes(record.state) ||
  hasOpenIntent(record) ||
  record.paymentFinal === false

/** What becomes of the next transaction that is sent. */
export function spoilSending(rpc: RpcProxy, effect: RpcEffect): void {
  rpc.add({ method: 'eth_sendRawTransaction', effect })
}

/** The next transaction is taken, and from then on nobody answers. */
export function goDownAfterSending(rpc: RpcProxy): void {
  let isDown = false
  const when = (): boolean => {
    isDown = true
    return true
  }
  rpc.add([
    { when: () => isDown, effect: { kind: 'dropBefore' } },
    { method: 'eth_sendRawTransaction', when, effect: { kind: 'dropAfter' } },
  ])
}
