import { type ChallengeRecord, hasOpenIntent } from '@key0/core'
import { createRefunds } from '@key0/refunds'
import type { Sandbox } from '@key0/sandbox'
import { type Buyer, createBuyer } from './createBuyer.ts'
import type { StoreKind } from './createShelf.ts'
import { insist } from './insist.ts'
import type { Servers } from './servers.ts'
import { type Shop, type ShopSeen, startShop } from './startShop.ts'

/** A store's server, and what goes wrong with it while buyers buy. */
export type FaultScene = AsyncDisposable & {
  readonly store: StoreKind
  /** How many buyers come only when they are let in; default 0. */
  readonly late?: number
  /** When a buyer who was told nothing final goes away; default 20 s. */
  readonly patienceMs?: number
  /** Between two passes of the workers; default 100 ms. */
  readonly pauseMs?: number
  readonly servers: Servers
  /**
   * Makes it go wrong; `sold` resolves when so many deliveries were begun, or nobody buys. What it
   * answers is printed among the figures.
   */
  readonly fail: (
    sold: (count: number) => Promise<void>,
    shop: Moments,
  ) => Promise<Readonly<Record<string, number>> | undefined>
}

type Moments = {
  readonly issued: () => number
  readonly letIn: () => void
  /** Resolves when so many buyers have their goods, or nobody buys. */
  readonly served: (count: number) => Promise<void>
}

export type Customer = Buyer & { signed: number }

/** What fifty buyers left behind. */
export type Run = AsyncDisposable & {
  readonly shop: Shop
  readonly buyers: readonly Customer[]
  /** The shop's timers once, so many seconds later. */
  readonly pass: (seconds: number) => Promise<void>
  readonly figures: Readonly<Record<string, number>> & { readonly unavailable: number }
}

export const BUYERS = 50
const PATIENCE_MS = 20_000

/** Fifty buyers at once while the scene fails, until nothing is under way any more. */
export async function sellThroughFaults(sandbox: Sandbox, scene: FaultScene): Promise<Run> {
  const { store, servers, late = 0, pauseMs = 100, patienceMs = PATIENCE_MS } = scene
  const door = Promise.withResolvers<void>()
  const shop = await startShop({ sandbox, servers, store, gateways: 2, accountFromBlock: 1n })
  // The chain is ahead of us by what earlier scenes let pass.
  const chainMs = Number(await sandbox.timestamp()) * 1000
  shop.clock.advance(Math.max(chainMs - shop.clock.nowMs(), 0))
  const buyers: readonly Customer[] = await Promise.all(
    Array.from({ length: BUYERS }, async () => ({ ...(await createBuyer(shop)), signed: 0 })),
  )
  shop.issuer.behave((call) => (call % 3 === 0 ? 'throws' : 'works'))
  const { pass, stop } = await operate(shop, pauseMs)
  const startedAtMs = Date.now()
  let impatient = 0
  const buying = Promise.all(
    buyers.map(async (buyer, index) => {
      const conduct = {
        forgetful: index % 5 === 0,
        givesUp: index % 2 === 0,
        onSigned: () => {
          buyer.signed += 1
        },
        onRepeat: () => {
          if (Date.now() - startedAtMs > patienceMs) throw new Error('waited too long')
        },
      }
      if (index >= BUYERS - late) await door.promise
      await insist(buyer, `${store}-${index}-0123456789abcdef`, conduct).catch(() => {
        impatient += 1
      })
    }),
  )
  const sold = async (count: number): Promise<void> => {
    await Promise.race([shop.issuer.reached(count), buying])
  }
  let isOver = false
  const over = buying.then(() => {
    isOver = true
  })
  const served = async (count: number): Promise<void> => {
    while (!isOver && grantsOf(shop).size < count) await new Promise((done) => setTimeout(done, 5))
  }
  const issued = (): number => shop.issuer.calls.length
  const [, failed] = await Promise.all([
    over,
    scene.fail(sold, { issued, letIn: door.resolve, served }).finally(door.resolve),
  ])
  await stop()
  // The first pass after a restart may meet a connection that is gone and does not know it.
  for (let round = 0; round < 8; round += 1) await pass(31).catch(() => {})
  const unavailable = shop.exchanges.replies.filter(({ code }) => code === 'STORE_UNAVAILABLE')
  const seconds = (Date.now() - startedAtMs) / 1000
  return {
    ...{ shop, buyers, pass },
    figures: { ...failed, seconds, impatient, unavailable: unavailable.length },
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  }
}

/** The shop's timers, until told to stop; each worker remembers what it saw of the store. */
async function operate(shop: Shop, pauseMs: number) {
  const { clock, seller } = shop
  const { chain } = shop.key0()
  const walletPrivateKey = seller.privateKey
  const workers = shop
    .stores()
    .map((store) => createRefunds({ store, chain, walletPrivateKey, clock, minAgeMs: 0 }))
  let isOver = false
  const pass = async (seconds: number): Promise<void> => {
    await shop.advance(seconds)
    await shop.key0().recover()
    for (const worker of workers) await worker.run()
  }
  const work = async (): Promise<void> => {
    while (!isOver) {
      await new Promise((done) => setTimeout(done, pauseMs))
      await pass(1).catch(() => {})
    }
  }
  // As a deployment begins: its first sign of life, and where its accounts start.
  await pass(1)
  const working = work()
  const stop = async (): Promise<void> => {
    isOver = true
    await working
  }
  return { pass, stop }
}

/** What a scene is made of, ended in this order. */
export const dispose = (...parts: readonly AsyncDisposable[]): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    for (const part of parts) await part[Symbol.asyncDispose]()
  },
})

/** Transactions of which somebody was handed what they bought. */
export function grantsOf(shop: ShopSeen): ReadonlySet<string> {
  const grants = shop.exchanges.replies.filter(({ status, json }) => status === 200 && json.txHash)
  return new Set(grants.map(({ json }) => `${json.txHash}`))
}

/** Whether somebody still owes something for it. */
export const isOpen = (record: ChallengeRecord): boolean =>
  ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'].includes(record.state) || hasOpenIntent(record)
