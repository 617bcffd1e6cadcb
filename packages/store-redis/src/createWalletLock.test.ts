import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { connect, newPrefix } from '../test/openStore.ts'
import { createWalletLock } from './createWalletLock.ts'

const wallet = `0x${'Ab'.repeat(20)}`
const keyOf = (prefix: string): string => `${prefix}:gas-lock:${wallet.toLowerCase()}`

test('processes that share a wallet hold it one at a time, and each gets its turn', async () => {
  using one = connect()
  using other = connect()
  const keyPrefix = newPrefix()
  const locks = [one, other].map((redis) => createWalletLock({ redis, keyPrefix, pollMs: 5 }))
  let holders = 0
  let most = 0
  const held = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const address = index % 3 === 0 ? wallet.toLowerCase() : wallet
      return await locks[index % 2]?.hold(address, async () => {
        holders += 1
        most = Math.max(most, holders)
        await one.ping()
        holders -= 1
        return index
      })
    }),
  )
  expect(held).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(most).toBe(1)
  expect(await one.exists(keyOf(keyPrefix))).toBe(0)
})

test('a process that wants the wallet again lets those who waited go first', async () => {
  using one = connect()
  using other = connect()
  const keyPrefix = newPrefix()
  const [busy, patient] = [one, other].map((redis) =>
    createWalletLock({ redis, keyPrefix, pollMs: 50 }),
  )
  const order: string[] = []
  let waiting: Promise<unknown> | undefined
  await busy?.hold(wallet, async () => {
    waiting = patient?.hold(wallet, async () => order.push('patient'))
    // It has looked once, and left its mark.
    while ((await one.exists(`${keyOf(keyPrefix)}:waiting`)) === 0);
  })
  await busy?.hold(wallet, async () => order.push('busy'))
  await waiting
  expect(order).toEqual(['patient', 'busy'])
})

test('a holder that died delays others by its lease and no longer', async () => {
  using redis = connect()
  const keyPrefix = newPrefix()
  await redis.set(keyOf(keyPrefix), 'a dead process', 'PX', 150)
  const lock = createWalletLock({ redis, keyPrefix, pollMs: 10 })
  expect(await lock.hold(wallet, async () => 'held')).toBe('held')
})

test('who waits in vain is told so, and has done nothing', async () => {
  using redis = connect()
  const keyPrefix = newPrefix()
  await redis.set(keyOf(keyPrefix), 'a living process')
  const lock = createWalletLock({ redis, keyPrefix, pollMs: 5, maxWaitMs: 20 })
  let ran = 0
  const holding = lock.hold(wallet, async () => {
    ran += 1
  })
  await expect(holding).rejects.toMatchObject({ code: 'OVERLOADED' })
  expect(ran).toBe(0)
})

test('the lease is 60 s, and a holder that overstayed it does not end another’s turn', async () => {
  using redis = connect()
  const keyPrefix = newPrefix()
  const lock = createWalletLock({ redis, keyPrefix })
  const another = randomUUID()
  await lock.hold(wallet, async () => {
    const ttl = await redis.pttl(keyOf(keyPrefix))
    expect(ttl).toBeGreaterThan(50_000)
    expect(ttl).toBeLessThanOrEqual(60_000)
    await redis.set(keyOf(keyPrefix), another)
  })
  expect(await redis.get(keyOf(keyPrefix))).toBe(another)
})

test('work that fails gives the wallet back', async () => {
  using redis = connect()
  const lock = createWalletLock({ redis, keyPrefix: newPrefix() })
  const failing = lock.hold(
    wallet,
    async () => await Promise.reject(new Error('the chain is away')),
  )
  await expect(failing).rejects.toThrow('the chain is away')
  expect(await lock.hold(wallet, async () => 1)).toBe(1)
})

test('a Redis that does not answer is named, and the wallet is not used', async () => {
  using redis = connect()
  const lock = createWalletLock({ redis, keyPrefix: newPrefix() })
  redis.disconnect()
  const holding = lock.hold(wallet, async () => expect.unreachable())
  await expect(holding).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})
