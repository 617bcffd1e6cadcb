import { type ChallengeRecord, hasOpenIntent } from '@key0/core'
import { createRefunds } from '@key0/refunds'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { startPostgres, startRedis } from '@key0/test-services'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import type { Reply } from '../src/Exchanges.ts'
import { insist } from '../src/insist.ts'
import { type Servers, sharedServers } from '../src/servers.ts'
import { priceOf, type Shop, startShop } from '../src/startShop.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

const BUYERS = 50
const PATIENCE_MS = 40_000

type Server = AsyncDisposable & {
  readonly servers: Servers
  readonly kill: () => Promise<void>
  readonly restart: () => Promise<void>
  /** How long it stays away besides its own recovery. */
  readonly downMs: number
  /** Before how many signatures and how many calls of the issuer it is killed. */
  readonly kills: { readonly signed: readonly number[]; readonly issued: readonly number[] }
}

const scenes = {
  redis: async (): Promise<Server> => {
    const server = await startRedis({ appendonly: true, appendfsync: 'always' })
    return {
      ...server,
      servers: { ...sharedServers, redisUrl: async () => server.url },
      // Its own start takes a few, and its client would not notice an absence so short.
      downMs: 400,
      kills: { signed: [1, 25], issued: [8, 20, 35, 45] },
    }
  },
  postgres: async (): Promise<Server> => {
    const server = await startPostgres({ recovery_init_sync_method: 'syncfs' })
    return {
      ...server,
      servers: { ...sharedServers, createDatabase: server.createDatabase },
      downMs: 0,
      // It takes seconds to recover.
      kills: { signed: [], issued: [15] },
    }
  },
} as const

test.each(['redis', 'postgres'] as const)(
  '50 buyers at a shop whose %s is killed again and again get the goods or the money, once',
  async (store) => {
    await using server = await scenes[store]()
    const { servers, kills } = server
    await using shop = await startShop({ sandbox, store, servers, gateways: 2 })
    const health = await shop.store().healthCheck()
    expect(health).toMatchObject({ ok: true, durable: true })
    const buyers = await Promise.all(Array.from({ length: BUYERS }, () => createBuyer(shop)))
    const whole = 10_000_000n
    shop.issuer.behave((call) => (call % 3 === 0 ? 'throws' : 'works'))

    const signed = createCounter()
    const startedAtMs = Date.now()
    const onRepeat = (): void => {
      if (Date.now() - startedAtMs > PATIENCE_MS) throw new Error('a buyer waited too long')
    }
    const operation = operate(shop)
    const buying = Promise.all(
      buyers.map((buyer, index) => {
        const forgetful = index % 5 === 0
        const givesUp = index % 2 === 0
        const conduct = { forgetful, givesUp, onSigned: signed.add, onRepeat }
        return insist(buyer, `faults-${store}-${index}-0123456789`, conduct)
      }),
    )
    const moments = [
      ...kills.signed.map(signed.reached),
      ...kills.issued.map(shop.issuer.reached),
      operation.refunding,
    ]
    const killing = killAt(moments, server, shop, buying)
    const [replies, caught] = await Promise.all([buying, killing])
    await operation.stop()
    await settleDown(shop)

    expect(await checkBooks(shop)).toEqual([])
    const records = await shop.records()
    expect(records.filter(isOpen)).toEqual([])
    const delivered = records.filter(({ state }) => state === 'DELIVERED')
    const payments = await sandbox.transfers({ to: shop.seller.address })
    const refunds = await sandbox.transfers({ from: shop.seller.address })
    expect(payments).toHaveLength(delivered.length + refunds.length)
    expect(await sandbox.balanceOf(shop.seller.address)).toBe(
      BigInt(delivered.length) * priceOf.basic,
    )
    for (const [index, buyer] of buyers.entries()) {
      const spent = whole - (await sandbox.balanceOf(buyer.address))
      const served = replies[index]?.status === 200
      const paid = payments.filter(({ from }) => from === buyer.address)
      expect(paid.length, `buyer ${index} was charged`).toBeLessThanOrEqual(1)
      expect(spent, `buyer ${index} was told ${replies[index]?.text}`).toBe(
        served ? priceOf.basic : 0n,
      )
    }
    const figures = {
      kills: moments.length,
      seconds: (Date.now() - startedAtMs) / 1000,
      payments: payments.length,
      delivered: delivered.length,
      refunds: refunds.length,
      answers: tally(replies.map(({ status, code }) => `${status} ${code ?? ''}`)),
      unavailable: shop.exchanges.replies.filter(isUnavailable).length,
      caught: tally(caught),
      brokenPasses: operation.broken(),
    }
    process.stdout.write(`${store}: ${JSON.stringify(figures)}\n`)
    expect(caught.length, 'some kills hit a payment on its way').toBeGreaterThan(0)
    expect(refunds.length, 'some money went back').toBeGreaterThan(0)
  },
  60_000,
)

/** Kills the server at each moment, and says what was open each time. Stops with `over`. */
async function killAt(
  moments: readonly Promise<void>[],
  server: Server,
  shop: Shop,
  over: Promise<unknown>,
): Promise<readonly string[]> {
  const caught: string[] = []
  for (const moment of moments) {
    await Promise.race([moment, over])
    await server.kill()
    await new Promise((done) => setTimeout(done, server.downMs))
    await server.restart()
    caught.push(...(await untilAnswered(shop.records)).filter(isOpen).map(nameOf))
  }
  return caught
}

const isUnavailable = ({ code }: Reply): boolean => code === 'STORE_UNAVAILABLE'

const isOpen = (record: ChallengeRecord): boolean =>
  ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'].includes(record.state) || hasOpenIntent(record)

function nameOf({ state, lease, refund }: ChallengeRecord): string {
  if (state === 'PENDING') return 'intent'
  if (state === 'PAID') return lease ? 'delivering' : 'paid'
  return `refund ${refund?.stage}`
}

/**
 * What the shop's timers do, until told to stop: recovery, refunds from both stores, and a clock
 * that runs faster than ours. A pass may break when the store does.
 */
function operate(shop: Shop) {
  const refunding = Promise.withResolvers<void>()
  let isOver = false
  let broken = 0
  const pass = async (index: number): Promise<void> => {
    if (index === 0) await shop.key0().recover()
    const results = await refundsOf(shop, index).run()
    if (results.length > 0) refunding.resolve()
  }
  const work = async (index: number): Promise<void> => {
    while (!isOver) {
      await new Promise((done) => setTimeout(done, 100))
      await pass(index).catch(() => {
        broken += 1
      })
      if (index === 0) await shop.advance(1)
    }
  }
  const working = Promise.all([work(0), work(1)])
  return {
    /** When the first refund was claimed. */
    refunding: refunding.promise,
    broken: () => broken,
    stop: async () => {
      isOver = true
      await working
    },
  }
}

function refundsOf(shop: Shop, index: number) {
  const { clock, seller } = shop
  const { chain } = shop.key0()
  const store = shop.stores()[index] ?? shop.store()
  const walletPrivateKey = seller.privateKey
  return createRefunds({ store, chain, walletPrivateKey, clock, minAgeMs: 0 })
}

/** Recovery and refunds by the clock until nothing is under way. */
async function settleDown(shop: Shop): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    await shop.advance(31)
    await shop.key0().recover()
    await refundsOf(shop, round % 2).run()
    if (!(await shop.records()).some(isOpen)) return
  }
}

/** The first answer of a store that is coming back. */
async function untilAnswered<answer>(ask: () => Promise<answer>): Promise<answer> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === 50) throw error
      await new Promise((done) => setTimeout(done, 50))
    }
  }
}

/** Counts, and tells those who wait for a number. */
function createCounter() {
  const waiting: { readonly count: number; readonly done: () => void }[] = []
  let total = 0
  return {
    add: () => {
      total += 1
      for (const { count, done } of waiting) if (total >= count) done()
    },
    reached: async (count: number): Promise<void> =>
      new Promise((done) => {
        if (total >= count) done()
        else waiting.push({ count, done })
      }),
  }
}

function tally(of: readonly string[]): string {
  return [...Map.groupBy(of, (it) => it)].map(([it, all]) => `${it} x${all.length}`).join(', ')
}
