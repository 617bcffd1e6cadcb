import { expect, test } from 'vitest'
import type { EngineEvent } from '../ports/Events.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { fakeHash } from '../testing/fakeHash.ts'
import { createEngine } from '../usecases/createEngine.ts'
import { fromSellerPair, type SellerPair } from './fromSellerPair.ts'

const [hash, other] = [fakeHash('a transaction'), fakeHash('another')]

/** As much of a Redis client as a seller's pair uses; replies take a turn or two, as over a wire. */
function createRedis() {
  const keys = new Map<string, string>()
  const sets: string[] = []
  const travel = async () => {
    for (let i = 0; i < 3; i += 1) await Promise.resolve()
  }
  return {
    keys,
    sets,
    async exists(key: string): Promise<number> {
      await travel()
      return keys.has(key) ? 1 : 0
    },
    async set(
      key: string,
      value: string,
      options: { readonly EX: number; readonly NX?: true },
    ): Promise<string | null> {
      await travel()
      sets.push(key)
      if (options.NX && keys.has(key)) return null
      keys.set(key, value)
      return 'OK'
    },
  }
}

function watch() {
  const alerts: string[] = []
  const observe = (event: EngineEvent) => {
    if (event.name === 'alert') alerts.push(event.what)
  }
  return { alerts, observe }
}

type Redis = ReturnType<typeof createRedis>

/** The sample of a payment gate's manual, character for character. */
function manualPair(redis: Redis): SellerPair {
  return {
    // biome-ignore format: as the manual has it
    isUsed: (ref) => redis.exists(`piprail:proof:${ref}`).then(Boolean),
    // biome-ignore format: as the manual has it
    // biome-ignore lint/nursery/noFloatingPromises: as the manual has it
    markUsed: (ref) => { redis.set(`piprail:proof:${ref}`, '1', { EX: 900 }) }, // ~recency window
  }
}

function atomicPair(redis: Redis): SellerPair {
  return {
    isUsed: (ref) => redis.exists(ref).then(Boolean),
    markUsed: (ref) => redis.set(ref, '1', { EX: 900, NX: true }),
  }
}

function claimAll(stores: readonly ReturnType<typeof fromSellerPair>[]) {
  const callers = Array.from({ length: 50 }, (_, i) => i)
  return Promise.all(
    callers.map((i) => stores[i % stores.length]?.markUsed(hash, `challenge-${i}`)),
  )
}

test('the pair of the manual works unchanged, and one process redeems one proof once', async () => {
  const { alerts, observe } = watch()
  const redis = createRedis()
  const store = fromSellerPair(manualPair(redis), { observe })
  const answers = await claimAll([store])
  expect(answers.filter(Boolean)).toHaveLength(1)
  expect(await store.get(hash)).toBe(`challenge-${answers.indexOf(true)}`)
  expect([...redis.keys.keys()]).toEqual([`piprail:proof:${hash.toLowerCase()}`])
  expect(await store.markUsed(other, 'challenge-x')).toBe(true)
  expect(alerts).toEqual([expect.stringContaining('two instances may redeem one proof')])
})

test('a write that nobody waited for and that is not there yet lets no second request through', async () => {
  const pair = { isUsed: () => false, markUsed: () => {} }
  const store = fromSellerPair(pair, watch())
  expect(await store.markUsed(hash, 'one')).toBe(true)
  expect(await store.markUsed(hash, 'two')).toBe(false)
})

test('a proof that another instance has used is refused', async () => {
  const redis = createRedis()
  for (const pair of [manualPair(redis), atomicPair(redis)]) {
    redis.keys.set(`piprail:proof:${hash}`, '1').set(hash, '1')
    const store = fromSellerPair(pair, watch())
    expect(await store.markUsed(hash, 'mine')).toBe(false)
    expect(await store.get(hash)).toBeUndefined()
  }
})

test.each<[string, (redis: Redis) => SellerPair['markUsed']]>([
  ["'OK' or null", (redis) => atomicPair(redis).markUsed],
  [
    'true or false',
    (redis) => async (ref) => (await redis.set(ref, '1', { EX: 9, NX: true })) === 'OK',
  ],
  [
    '1 or 0',
    (redis) => async (ref) => ((await redis.set(ref, '1', { EX: 9, NX: true })) === 'OK' ? 1 : 0),
  ],
])('a pair that answers %s is trusted: ten instances redeem one proof once', async (_, make) => {
  const { alerts, observe } = watch()
  const redis = createRedis()
  const pair = { isUsed: atomicPair(redis).isUsed, markUsed: make(redis) }
  const stores = Array.from({ length: 10 }, () => fromSellerPair(pair, { observe }))
  expect((await claimAll(stores)).filter(Boolean)).toHaveLength(1)
  expect(alerts).toEqual([])
})

test('a pair known to be atomic is asked once for a claim', async () => {
  const redis = createRedis()
  const store = fromSellerPair(atomicPair(redis), watch())
  await store.markUsed(hash, 'one')
  redis.sets.length = 0
  await store.markUsed(other, 'two')
  expect(redis.sets).toEqual([other])
})

test('a plain SET answers OK too, and is not trusted for it', async () => {
  const { alerts, observe } = watch()
  const redis = createRedis()
  const markUsed = (ref: string) => redis.set(ref, '1', { EX: 900 })
  const store = fromSellerPair({ ...atomicPair(redis), markUsed }, { observe })
  expect((await claimAll([store])).filter(Boolean)).toHaveLength(1)
  expect(await store.markUsed(other, 'another')).toBe(true)
  expect(alerts).toEqual([expect.stringContaining('Write with SET and NX')])
})

test('a hash is one proof however it is spelt', async () => {
  const store = fromSellerPair(atomicPair(createRedis()), watch())
  const loud = `0x${hash.slice(2).toUpperCase()}` as const
  expect(await store.markUsed(loud, 'one')).toBe(true)
  expect(await store.markUsed(hash, 'two')).toBe(false)
  expect(await store.get(loud)).toBe('one')
})

test('a pair that fails is not an answer, and does not stand in the way of the next', async () => {
  const redis = createRedis()
  let fails = true
  const pair = atomicPair(redis)
  const markUsed = async (ref: string) => {
    if (fails) throw new Error('connection reset')
    return pair.markUsed(ref)
  }
  const store = fromSellerPair({ ...pair, markUsed }, watch())
  await expect(store.markUsed(hash, 'one')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  fails = false
  expect(await store.markUsed(hash, 'one')).toBe(true)
})

test('a claim stands although the second look at the pair fails', async () => {
  const { alerts, observe } = watch()
  const redis = createRedis()
  const pair = atomicPair(redis)
  let calls = 0
  const markUsed = async (ref: string) => {
    calls += 1
    if (calls === 2) throw new Error('connection reset')
    return pair.markUsed(ref)
  }
  const store = fromSellerPair({ ...pair, markUsed }, { observe })
  expect(await store.markUsed(hash, 'one')).toBe(true)
  expect(await store.markUsed(other, 'two')).toBe(true)
  expect(alerts).toEqual([])
})

test('a gateway over the pair sells once for one transfer, and goes on where it stopped', async () => {
  const world = createTestContext()
  const seenTx = fromSellerPair(manualPair(createRedis()), watch())
  const engine = createEngine({ ...world.ctx, seenTx })
  const buyer = createBuyer(world)
  const [first, second] = [await buyer.issue(engine), await buyer.issue(engine)]
  const txHash = buyer.transfer(100_000n)
  // An earlier request came this far and failed before the payment was written.
  await seenTx.markUsed(txHash, first.challengeId)
  expect(codeOf(await buyer.prove(engine, second.challengeId, txHash))).toBe('PAYMENT_SPENT')
  expect(codeOf(await buyer.prove(engine, first.challengeId, txHash))).toBe('DELIVERED')
  expect(codeOf(await buyer.prove(engine, second.challengeId, txHash))).toBe('PAYMENT_SPENT')
})
