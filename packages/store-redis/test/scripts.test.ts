import { createMint } from '@key0/conformance/store'
import { expect, test } from 'vitest'
import { operations, prelude } from '../src/ops/scripts.ts'
import { connect, newPrefix, openStore } from './openStore.ts'

const clock = { nowMs: () => Date.now() }

/** Runs `act` and tells what clients sent meanwhile, scripts' own commands apart. */
async function watch(act: () => Promise<unknown>): Promise<readonly string[]> {
  using redis = connect()
  const sent: string[] = []
  const monitor = await redis.monitor()
  const end = `end-${newPrefix()}`
  const ended = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, args: readonly string[], source: string) => {
      if (args.includes(end)) resolve()
      else if (source !== 'lua') sent.push(args[0]?.toLowerCase() ?? '')
    })
  })
  await act()
  await redis.echo(end)
  await ended
  monitor.disconnect()
  return sent.filter((name) => name !== 'info')
}

test('every operation is one round trip', async () => {
  using redis = connect()
  const { store } = openStore(redis)
  const mint = createMint(clock)
  const run = async () => {
    const minted = mint()
    const { challengeId: id, requestId, scope } = minted.base
    const payment = minted.pay()
    const { paymentRef } = payment
    return [
      await watch(() => store.create(minted.base, { key: 'c' })),
      await watch(() => store.get(id)),
      await watch(() => store.findActiveByRequestId(requestId, scope)),
      await watch(() => store.reserve(id, payment.intent(), { key: 'r' })),
      await watch(() => store.settle(id, paymentRef, payment.paid(), { key: 's' })),
      await watch(() => store.getClaim(paymentRef)),
      await watch(() => store.postpone(id, 3, new Date())),
      await watch(() => store.findPendingForRefund(new Date(), 50)),
      await watch(() => store.due(new Date(), 50)),
      await watch(() => store.transition({ id, from: 'PAID', to: 'PAID', key: 't' })),
      await watch(() => store.history(id)),
      await watch(() => store.events(0, 50)),
      await watch(() => store.ack('consumer', 1)),
      await watch(() => store.acked('consumer')),
    ]
  }
  await run() // Scripts that the server has never seen are sent whole, once.
  const script = ['evalsha']
  expect(await run()).toEqual([
    ...[script, ['hgetall'], script, script, script, script, script],
    ...[script, script, script, ['lrange'], script, script, ['hget']],
  ])
})

test('a server whose scripts were flushed is sent them again, and nobody notices', async () => {
  using redis = connect()
  const { store } = openStore(redis)
  const mint = createMint(clock)
  await store.create(mint().base, { key: 'create' })
  await redis.script('FLUSH')
  const { base } = mint()
  expect((await store.create(base, { key: 'create' })).kind).toBe('applied')
  expect(await store.history(base.challengeId)).toHaveLength(1)
  expect(await watch(() => store.create(mint().base, { key: 'create' }))).toEqual(['evalsha'])
})

test('looking for refunds costs the same beside a thousand that are not eligible', async () => {
  using redis = connect()
  const { store } = openStore(redis)
  const mint = createMint(clock)
  const buy = async (leased: boolean) => {
    const minted = mint()
    const { challengeId } = minted.base
    const payment = minted.pay()
    const lease = { holder: 'gateway', untilMs: clock.nowMs() + 600_000 }
    await store.create(minted.base, { key: 'create' })
    const paid = payment.paid({ paidAt: new Date(1), ...(leased && { lease }) })
    await store.settle(challengeId, payment.paymentRef, paid, { key: 'settle' })
  }
  const cost = async (): Promise<number> => {
    using other = connect()
    const calls = async () =>
      [...(await other.info('commandstats')).matchAll(/cmdstat_(\w+):calls=(\d+)/g)]
        .filter(([, name]) => name === 'hgetall' || name?.startsWith('z'))
        .reduce((sum, [, , count]) => sum + Number(count), 0)
    const before = await calls()
    expect(await store.findPendingForRefund(new Date(2), 5)).toHaveLength(5)
    return (await calls()) - before
  }
  for (let i = 0; i < 5; i += 1) await buy(false)
  const alone = await cost()
  await Promise.all(Array.from({ length: 1_000 }, () => buy(true)))
  expect(await cost()).toBe(alone)
})

test('with two keys the transition is the script of the specification', async () => {
  using redis = connect()
  const prefix = newPrefix()
  const [hash, paid] = [`${prefix}:challenge:c1`, `${prefix}:paid`]
  const source = prelude + operations.transition
  const move = (from: string, to: string, score: string, ...pairs: readonly string[]) =>
    redis.eval(source, 2, hash, paid, from, to, 'c1', score, ...pairs)
  await redis.hset(hash, { challengeId: 'c1', state: 'PENDING' })

  expect(await move('PAID', 'DELIVERED', '', 'deliveredAt', 'now')).toBe(0)
  expect(await redis.hgetall(hash)).toEqual({ challengeId: 'c1', state: 'PENDING' })

  expect(await move('PENDING', 'PAID', '1700000000000', 'txHash', '0x1')).toBe(1)
  expect(await redis.hgetall(hash)).toEqual({ challengeId: 'c1', state: 'PAID', txHash: '0x1' })
  expect(await redis.zscore(paid, 'c1')).toBe('1700000000000')

  const racers = await Promise.all([
    move('PAID', 'REFUND_PENDING', ''),
    move('PAID', 'REFUND_PENDING', ''),
  ])
  expect(racers).toEqual([1, 0])
  expect(await redis.zscore(paid, 'c1')).toBeNull()
})

test('instants in Lua are those of JavaScript, for thousands of years', async () => {
  using redis = connect()
  const instants = [0, 1, 999, Date.UTC(2000, 1, 29), Date.UTC(1900, 1, 28, 23, 59, 59, 999)]
  for (let ms = Date.UTC(100, 0, 1); ms < Date.UTC(9999, 0, 1); ms += 977_777_777_777)
    instants.push(ms)
  const texts = instants.map((ms) => new Date(ms).toISOString())
  const source = `${prelude}
    local ms, iso = {}, {}
    for i, text in ipairs(ARGV) do
      ms[i] = int(toMs(text))
      iso[i] = toIso(toMs(text))
    end
    return { ms, iso }`
  const [ms, iso] = (await redis.eval(source, 0, ...texts)) as [string[], string[]]
  expect(ms.map(Number)).toEqual(instants)
  expect(iso).toEqual(texts)
})
