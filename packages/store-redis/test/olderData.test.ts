import { createMint } from '@key0/conformance/store'
import type { Hash, PaymentRef } from '@key0/core'
import { expect, test } from 'vitest'
import { RedisSeenTxStore } from '../src/exports/index.ts'
import { connect, openStore } from './openStore.ts'

const clock = { nowMs: () => Date.now() }
const txHash = `0x${'Ab'.repeat(32)}` as Hash
const payer = '0xA11CE00000000000000000000000000000000001'
const createdAtMs = clock.nowMs() - 3_600_000
const iso = (offsetMs: number) => new Date(createdAtMs + offsetMs).toISOString()

/** A record as the specification's own script writes it: no scope, no version, no token. */
const older = (fields: Readonly<Record<string, string>> = {}) => ({
  challengeId: 'http-a1b2c3d4',
  requestId: '5e0f6f2c-0000-4000-8000-000000000000',
  clientAgentId: 'x402-http',
  resourceId: 'default',
  planId: 'basic',
  amount: '$0.10',
  amountRaw: '100000',
  asset: 'USDC',
  chainId: '84532',
  destination: '0x5E11E00000000000000000000000000000000001',
  state: 'PENDING',
  expiresAt: iso(900_000),
  createdAt: iso(0),
  ...fields,
})
const paid = { state: 'PAID', txHash, paidAt: iso(1_000), fromAddress: payer }

/** A store over the keys of an older deployment. */
async function openOlder(record: ReturnType<typeof older>) {
  const redis = connect()
  const { store, prefix } = openStore(redis)
  const hash = `${prefix}:challenge:${record.challengeId}`
  await redis.hset(hash, record)
  await redis.expire(hash, 604_800)
  await redis.set(`${prefix}:request:${record.requestId}`, record.challengeId, 'EX', 900)
  if (record.state === 'PAID')
    await redis.zadd(`${prefix}:paid`, Date.parse(paid.paidAt), record.challengeId)
  return { redis, store, prefix, id: record.challengeId, [Symbol.dispose]: redis[Symbol.dispose] }
}

test('an older record reads whole, with what it did not say filled in', async () => {
  using old = await openOlder(older(paid))
  const record = await old.store.get(old.id)
  expect(record).toEqual({
    ...older(paid),
    ...{ amountRaw: 100_000n, chainId: 84_532, version: 1, schemaVersion: 1 },
    ...{ createdAt: new Date(iso(0)), expiresAt: new Date(iso(900_000)) },
    ...{ paidAt: new Date(iso(1_000)), updatedAt: new Date(iso(1_000)) },
    scope: 'x402-http',
    token: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
    paymentRef: txHash.toLowerCase(),
  })
  const found = await old.store.findActiveByRequestId(record?.requestId ?? '', 'x402-http')
  expect(found).toEqual(record)
})

test('an older payment is found for its refund, stops expiring, and is refunded', async () => {
  using old = await openOlder(older(paid))
  const { redis, store, prefix, id } = old
  const [found] = await store.findPendingForRefund(new Date(), 50)
  expect(found?.challengeId).toBe(id)
  expect(await redis.ttl(`${prefix}:challenge:${id}`)).toBe(-1)
  expect(await redis.ttl(`${prefix}:request:${found?.requestId}`)).toBe(-1)
  expect((await store.due(new Date(), 50)).map(({ challengeId }) => challengeId)).toEqual([id])
  const claim = { id, from: 'PAID', to: 'REFUND_PENDING', key: 'refund', version: 1 } as const
  expect(await store.transition(claim)).toMatchObject({ kind: 'applied', record: { version: 2 } })
  expect(await redis.zscore(`${prefix}:paid`, id)).toBeNull()
  const { scope, token, paymentRef } = found ?? {}
  expect(paymentRef).toBe(txHash.toLowerCase())
  expect(await store.get(id), 'what it did not say').toMatchObject({ scope, token, paymentRef })
})

test('an older payment whose grant went out is not refunded', async () => {
  const accessGrant = JSON.stringify({ type: 'AccessGrant', challengeId: 'http-a1b2c3d4' })
  using old = await openOlder(older({ ...paid, accessGrant }))
  expect(await old.store.findPendingForRefund(new Date(), 50)).toEqual([])
  expect(await old.redis.zcard(`${old.prefix}:paid`)).toBe(0)
  const due = await old.store.due(new Date(), 50, 'PAID')
  expect(due[0]?.accessGrant).toMatchObject({ type: 'AccessGrant' })
})

test('a ghost in the paid set leaves it and hides nobody', async () => {
  using old = await openOlder(older(paid))
  for (let i = 0; i < 5; i += 1) await old.redis.zadd(`${old.prefix}:paid`, i, `ghost-${i}`)
  const found = await old.store.findPendingForRefund(new Date(), 2)
  expect(found.map(({ challengeId }) => challengeId)).toEqual([old.id])
  expect(await old.redis.zrange(`${old.prefix}:paid`, '0', '-1')).toEqual([old.id])
})

test('an older challenge can still be paid, and moves like any other', async () => {
  using old = await openOlder(older({ expiresAt: new Date(clock.nowMs() + 60_000).toISOString() }))
  const payment = createMint(clock)().pay()
  const reserved = await old.store.reserve(old.id, payment.intent(), { key: 'reserve' })
  expect(reserved.kind).toBe('applied')
  const settled = await old.store.settle(old.id, payment.paymentRef, payment.paid(), { key: 's' })
  expect(settled).toMatchObject({ kind: 'applied', record: { state: 'PAID', version: 3 } })
  const trail = await old.store.history(old.id)
  expect(trail.map(({ version, to }) => [version, to])).toEqual([
    [2, 'PENDING'],
    [3, 'PAID'],
  ])
})

test.each([txHash, txHash.toLowerCase() as Hash])(
  'a transaction that bought something from an older deployment buys nothing more: %s',
  async (spelling) => {
    using old = await openOlder(older(paid))
    await old.redis.set(`${old.prefix}:seentx:${spelling}`, old.id, 'EX', 604_800, 'NX')
    const thief = createMint(clock)()
    const payment = thief.pay()
    await old.store.create(thief.base, { key: 'create' })
    const fields = { ...payment.paid(), txHash }
    const id = thief.base.challengeId
    const outcome = await old.store.settle(id, payment.paymentRef, fields, { key: 'settle' })
    expect(outcome).toEqual({ kind: 'foreign', owner: old.id })
    const plain = await old.store.getClaim(spelling as string as PaymentRef)
    expect(plain).toEqual({ paymentRef: spelling, challengeId: old.id, disposition: 'APPLIED' })
  },
)

test('an older gateway on the same Redis sees what we have sold', async () => {
  using redis = connect()
  const { store, prefix } = openStore(redis)
  const minted = createMint(clock)({ scope: 'x402-http' })
  const { challengeId: id, requestId } = minted.base
  const payment = minted.pay()
  await store.create(minted.base, { key: 'create' })
  const paidAt = new Date(clock.nowMs())
  await store.settle(id, payment.paymentRef, payment.paid({ paidAt }), { key: 'settle' })
  expect(await redis.get(`${prefix}:request:${requestId}`)).toBe(id)
  expect(await redis.zscore(`${prefix}:paid`, id)).toBe(String(paidAt.getTime()))
  expect(await redis.hgetall(`${prefix}:challenge:${id}`)).toMatchObject({
    ...{ challengeId: id, requestId, state: 'PAID', amountRaw: '100000', chainId: '84532' },
    ...{ txHash: payment.txHash, paidAt: paidAt.toISOString(), asset: 'USDC' },
  })
  const seen = new RedisSeenTxStore({ redis, keyPrefix: prefix })
  expect(await seen.markUsed(txHash, id)).toBe(true)
  expect(await redis.get(`${prefix}:seentx:${txHash.toLowerCase()}`)).toBe(id)
})

test('a refund that an older deployment began is taken over by its worker', async () => {
  using old = await openOlder(older({ ...paid, state: 'REFUND_PENDING' }))
  expect(await old.store.due(new Date(), 50)).toEqual([])
  expect(await old.store.adopt()).toBe(1)
  expect(await old.store.adopt()).toBe(1)
  const [found] = await old.store.due(new Date(), 50, 'REFUND_PENDING')
  expect(found?.challengeId).toBe(old.id)
  expect(await old.redis.ttl(`${old.prefix}:challenge:${old.id}`)).toBe(-1)
})

test('a challenge that an older gateway sold beside us is never swept away', async () => {
  using redis = connect()
  let nowMs = clock.nowMs()
  const steered = { nowMs: () => nowMs }
  const { store, prefix } = openStore(redis, { clock: steered })
  const mint = createMint(steered)
  const { base } = mint()
  await store.create(base, { key: 'create' })
  await redis.hset(`${prefix}:challenge:${base.challengeId}`, paid) // as its script does
  const early = await store.due(new Date(nowMs + 3_600_000), 50)
  expect(early, 'what it left in the set of the unpaid').toEqual([])
  const names = (found: typeof early) => found.map(({ challengeId }) => challengeId)
  expect(names(await store.due(new Date(nowMs + 3_600_000), 50))).toEqual([base.challengeId])
  nowMs += 8 * 86_400_000
  for (let i = 0; i < 5; i += 1) await store.create(mint().base, { key: 'create' })
  expect((await store.get(base.challengeId))?.state).toBe('PAID')
  expect(names(await store.due(new Date(nowMs), 50, 'PAID'))).toEqual([base.challengeId])
  expect(await redis.ttl(`${prefix}:challenge:${base.challengeId}`)).toBe(-1)
})
