import { readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { type ChallengeRecord, hasOpenIntent, sameAddress } from '@key0/core'
import { createRefunds } from '@key0/refunds'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { type RedisServer, startLossyProxy, startRedis } from '@key0/test-services'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkBooks, openBooks } from '../src/checkBooks.ts'
import { type Buyer, createBuyer } from '../src/createBuyer.ts'
import { insist } from '../src/insist.ts'
import { sharedServers } from '../src/servers.ts'
import { type Shop, startShop } from '../src/startShop.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

const BUYERS = 50
/** Where a deployment reads the chain from when its store knows nothing any more. */
const accountFromBlock = 1n
const lasting = { appendonly: true, appendfsync: 'always' } as const

/** One Redis, and what goes wrong with it while buyers buy. */
type Scene = AsyncDisposable & {
  readonly redisUrl: string
  /** Makes it go wrong. */
  readonly fail: (moments: Moments) => Promise<void>
}

/** When so many deliveries were begun, or so many buyers have their goods; or nobody buys. */
type Moments = {
  readonly sold: (count: number) => Promise<void>
  readonly served: (count: number) => Promise<void>
}

/** Ways to lose what was acknowledged. */
const losses = {
  'appendfsync everysec, the machine loses power': async (): Promise<Scene> => {
    const server = await startRedis({ appendonly: true, appendfsync: 'everysec' })
    return {
      ...dispose(server),
      redisUrl: server.url,
      async fail({ sold, served }) {
        await sold(1)
        const written = statSync(findLog(server)).size
        await served(8)
        await server.kill()
        // What had not reached the disk by then.
        truncateSync(findLog(server), written)
        await server.restart()
      },
    }
  },
  'appendonly no, the server is killed': async (): Promise<Scene> => {
    const server = await startRedis()
    return {
      ...dispose(server),
      redisUrl: server.url,
      async fail({ sold }) {
        await sold(25)
        await server.kill()
        await server.restart()
      },
    }
  },
  'a stale replica is promoted': async (): Promise<Scene> => {
    const primary = await startRedis(lasting)
    const wire = await startLossyProxy(primary)
    const replica = await startRedis({ ...lasting, replicaOf: wire })
    const target = { port: primary.port }
    const front = await startLossyProxy(target)
    return {
      ...dispose(front, wire, primary, replica),
      redisUrl: `redis://127.0.0.1:${front.port}`,
      async fail({ sold, served }) {
        await sold(1)
        wire.cutAll()
        await wire.stop()
        await served(8)
        await primary.kill()
        await replica.promote()
        target.port = replica.port
      },
    }
  },
  'FLUSHALL in the middle': async (): Promise<Scene> => {
    const server = await startRedis(lasting)
    return {
      ...dispose(server),
      redisUrl: server.url,
      async fail({ sold }) {
        await sold(25)
        await ask(server, (redis) => redis.flushall())
      },
    }
  },
} as const

/** Ways to fail without losing anything that was acknowledged. */
const troubles = {
  'maxmemory is reached for a while': async (): Promise<Scene> => {
    const server = await startRedis(lasting)
    const limit = (to: string) =>
      ask(server, (redis) => redis.config('SET', 'maxmemory', to) as Promise<unknown>)
    return {
      ...dispose(server),
      redisUrl: server.url,
      async fail({ sold }) {
        for (const count of [6, 20, 35]) {
          await sold(count)
          await limit('1mb')
          await new Promise((done) => setTimeout(done, 400))
          await limit('0')
        }
      },
    }
  },
  'the wire cuts, delays and loses replies': async (): Promise<Scene> => {
    const server = await startRedis(lasting)
    const wire = await startLossyProxy(server)
    return {
      ...dispose(wire, server),
      redisUrl: `redis://127.0.0.1:${wire.port}`,
      async fail({ sold }) {
        for (let count = 2; count <= 50; count += 4) {
          await sold(count)
          await Promise.race([wire.loseNextReply(), sold(BUYERS)])
          wire.delayReplies((count * 7) % 60)
          await sold(count + 2)
          wire.cutAll()
        }
        wire.delayReplies(0)
      },
    }
  },
} as const

test.each(Object.entries(losses))(
  '%s: no refund is made twice or for goods, and no payment stays unknown',
  async (name, open) => {
    await using scene = await open()
    await using run = await sell(scene, 4_000)
    const { shop, buyers } = run
    const lost = await findLost(shop)
    const unknown = (await openBooks(shop)).payments.filter(({ owner }) => owner === undefined)
    await account(shop)

    const { payments, refunds, records } = await openBooks(shop)
    const served = grantsOf(shop)
    const unexplained = payments.filter(({ owner }) => owner === undefined)
    expect(unexplained.map(({ ref }) => ref)).toEqual([])
    const open_ = [...records.values()].filter((it) => isOpen(it) && it.held === undefined)
    expect(open_).toEqual([])
    // Promises about single answers and trails are about records that were not lost.
    const broken = (await checkBooks(shop)).filter((each) => /^I[1256]:/.test(each))
    expect(broken).toEqual([])
    expect(await findWronged(shop, buyers)).toEqual([])
    const held = [...records.values()].filter((it) => it.held !== undefined)
    print(name, {
      ...run.figures,
      payments: payments.length,
      ...lost,
      lostPayments: unknown.length,
      refound: payments.filter(({ owner }) => owner?.startsWith('stray:')).length,
      held: held.length,
      served: served.size,
      refunded: refunds.length,
    })
    expect(lost.lostRecords + lost.wentBack, 'something was lost').toBeGreaterThan(0)

    // An operator returns what was held and bought nothing; some of it went back before.
    for (const record of held) if (!served.has(`${record.txHash}`)) await release(shop, record)
    for (let round = 0; round < 4; round += 1) await run.pass(31)
    const after = await openBooks(shop)
    expect((await checkBooks(shop)).filter((each) => /^I[1256]:/.test(each))).toEqual([])
    expect(await findWronged(shop, buyers)).toEqual([])
    const kept = after.payments.filter(({ ref }) => !after.refunds.some(({ of }) => of === ref))
    const unserved = kept.filter(({ transactionHash }) => !served.has(transactionHash))
    expect(unserved.map(({ owner }) => after.records.get(`${owner}`)?.state)).toEqual(
      unserved.map(() => 'DELIVERED'),
    )
  },
  60_000,
)

test.each(Object.entries(troubles))(
  '%s: nothing acknowledged is lost, and everybody has the goods or the money',
  async (name, open) => {
    await using scene = await open()
    await using run = await sell(scene, 30_000)
    const { shop, buyers } = run
    expect(run.figures.impatient, 'buyers who were never told').toBe(0)
    const { payments, refunds, records } = await openBooks(shop)
    expect(await checkBooks(shop)).toEqual([])
    expect(await findWronged(shop, buyers)).toEqual([])
    expect([...records.values()].filter(isOpen)).toEqual([])
    expect([...records.values()].filter(({ held }) => held !== undefined)).toEqual([])
    const delivered = [...records.values()].filter(({ state }) => state === 'DELIVERED')
    expect(payments).toHaveLength(delivered.length + refunds.length)
    const figures = { payments: payments.length, lostRecords: 0, held: 0 }
    print(name, {
      ...{ ...run.figures, ...figures },
      served: grantsOf(shop).size,
      refunded: refunds.length,
    })
  },
  60_000,
)

/** Fifty buyers at once, who ask so long, while the scene fails, until nothing is under way any more. */
async function sell(scene: Scene, patienceMs: number) {
  const servers = { ...sharedServers, redisUrl: async () => scene.redisUrl }
  const shop = await startShop({
    ...{ sandbox, servers, store: 'redis', gateways: 2 },
    accountFromBlock,
  })
  // The chain is ahead of us by what earlier scenes let pass.
  const chainMs = Number(await sandbox.timestamp()) * 1000
  shop.clock.advance(Math.max(chainMs - shop.clock.nowMs(), 0))
  const buyers = await Promise.all(
    Array.from({ length: BUYERS }, async () => ({ ...(await createBuyer(shop)), signed: 0 })),
  )
  shop.issuer.behave((call) => (call % 3 === 0 ? 'throws' : 'works'))
  const { pass, ...operation } = operate(shop)
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
      await insist(buyer, `redis-${index}-0123456789abcdef`, conduct).catch(() => {
        impatient += 1
      })
    }),
  )
  let moments = 0
  let isOver = false
  const over = buying.then(() => {
    isOver = true
  })
  const sold = async (count: number): Promise<void> => {
    moments += 1
    await Promise.race([shop.issuer.reached(count), over])
  }
  const served = async (count: number): Promise<void> => {
    moments += 1
    while (!isOver && grantsOf(shop).size < count) await new Promise((done) => setTimeout(done, 5))
  }
  await Promise.all([over, scene.fail({ sold, served })])
  await operation.stop()
  for (let round = 0; round < 8 && (await isBusy(shop)); round += 1) await pass(31)
  const unavailable = shop.exchanges.replies.filter(({ code }) => code === 'STORE_UNAVAILABLE')
  const seconds = (Date.now() - startedAtMs) / 1000
  return {
    ...{ shop, buyers, pass },
    figures: { moments, seconds, impatient, unavailable: unavailable.length },
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  }
}

/** The shop's timers, until told to stop; each worker remembers what it saw of the store. */
function operate(shop: Shop) {
  const { clock, seller } = shop
  const { chain } = shop.key0()
  const walletPrivateKey = seller.privateKey
  const workers = shop
    .stores()
    .map((store) =>
      createRefunds({ store, chain, walletPrivateKey, clock, minAgeMs: 0, accountFromBlock }),
    )
  let isOver = false
  const pass = async (seconds: number): Promise<void> => {
    await shop.advance(seconds)
    await shop.key0().recover()
    for (const worker of workers) await worker.run()
  }
  const work = async (): Promise<void> => {
    while (!isOver) {
      await new Promise((done) => setTimeout(done, 100))
      await pass(1).catch(() => {})
    }
  }
  const working = work()
  return {
    pass,
    stop: async () => {
      isOver = true
      await working
    },
  }
}

/** What buyers were told and the store does not know any more. */
async function findLost(shop: Shop) {
  const { replies } = shop.exchanges
  const states = new Map((await shop.records()).map((it) => [it.challengeId, it.state]))
  const told = (status: number) =>
    new Set(
      replies
        .filter((reply) => reply.status === status && reply.json.challengeId !== undefined)
        .map(({ json }) => `${json.challengeId}`),
    )
  const offered = [...told(402)]
  const delivered = [...told(200)]
  return {
    lostRecords: offered.filter((id) => !states.has(id)).length,
    wentBack: delivered.filter((id) => states.has(id) && states.get(id) !== 'DELIVERED').length,
  }
}

/** Until no buyer can present a transfer any more, and the chain was read. */
async function account(shop: Shop): Promise<void> {
  await shop.advance(1_200)
  for (let round = 0; round < 2; round += 1) {
    await shop.key0().recover()
    await shop.advance(31)
  }
  await shop.key0().recover()
}

async function release(shop: Shop, { challengeId: id, version }: ChallengeRecord): Promise<void> {
  const fields = { held: undefined, releasedAt: new Date(shop.clock.nowMs()) }
  const attempt = { key: `release ${id}`, actor: 'operator', version, fields }
  await shop.store().transition({ id, from: 'PAID', to: 'PAID', ...attempt })
}

/** Transactions of which somebody was handed what they bought. */
function grantsOf(shop: Shop): ReadonlySet<string> {
  const grants = shop.exchanges.replies.filter(({ status, json }) => status === 200 && json.txHash)
  return new Set(grants.map(({ json }) => `${json.txHash}`))
}

/** Who was charged more often than he signed, and what went back although it had bought goods. */
async function findWronged(
  shop: Shop,
  buyers: readonly (Buyer & { readonly signed: number })[],
): Promise<readonly string[]> {
  const { payments, refunds } = await openBooks(shop)
  const served = grantsOf(shop)
  const overcharged = buyers.filter(
    ({ address, signed }) =>
      payments.filter(({ from }) => sameAddress(from, address)).length > signed,
  )
  const twice = refunds.filter(
    ({ of }, index) => refunds.findIndex((each) => each.of === of) !== index,
  )
  const given = payments.filter(
    ({ ref, transactionHash }) =>
      served.has(transactionHash) && refunds.some(({ of }) => of === ref),
  )
  return [
    ...overcharged.map(({ address }) => `${address} paid more often than signed`),
    ...twice.map(({ of }) => `${of} was refunded twice`),
    ...given.map(({ ref }) => `${ref} was served and refunded`),
  ]
}

const isOpen = (record: ChallengeRecord): boolean =>
  ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'].includes(record.state) || hasOpenIntent(record)

const isBusy = async (shop: Shop): Promise<boolean> =>
  (await shop.records()).some((record) => isOpen(record) && record.held === undefined)

/** The file that grows with every write. */
function findLog({ directory }: RedisServer): string {
  const folder = join(directory, 'appendonlydir')
  const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'))
  return join(folder, `${name}`)
}

async function ask(
  server: RedisServer,
  question: (redis: Redis) => Promise<unknown>,
): Promise<void> {
  const redis = new Redis(server.url)
  await question(redis)
  redis.disconnect()
}

const dispose = (...parts: readonly AsyncDisposable[]): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    for (const part of parts) await part[Symbol.asyncDispose]()
  },
})

function print(name: string, figures: Readonly<Record<string, number>>): void {
  process.stdout.write(`${name}: ${JSON.stringify(figures)}\n`)
}
