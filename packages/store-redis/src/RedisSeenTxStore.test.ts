import type { Hash } from '@key0/core'
import { expect, test } from 'vitest'
import { connect, newPrefix } from '../test/openStore.ts'
import { createProofStore } from './createProofStore.ts'
import { RedisSeenTxStore } from './RedisSeenTxStore.ts'

const hash = `0x${'ab'.repeat(32)}` as Hash

test('of fifty challenges racing for one transaction exactly one gets it', async () => {
  using one = connect()
  using other = connect()
  const keyPrefix = newPrefix()
  const stores = [one, other].map((redis) => new RedisSeenTxStore({ redis, keyPrefix }))
  const told = await Promise.all(
    Array.from({ length: 50 }, (_, i) => stores[i % 2]?.markUsed(hash, `challenge-${i}`)),
  )
  expect(told.filter(Boolean)).toHaveLength(1)
  expect(await stores[0]?.get(hash)).toBe(`challenge-${told.indexOf(true)}`)
})

test('a transaction is remembered for 7 days, however it is spelt', async () => {
  using redis = connect()
  const keyPrefix = newPrefix()
  const store = new RedisSeenTxStore({ redis, keyPrefix })
  const upper = hash.toUpperCase().replace('0X', '0x') as Hash
  expect(await store.get(hash)).toBeUndefined()
  expect(await store.markUsed(upper, 'c1')).toBe(true)
  expect(await store.markUsed(hash, 'c2')).toBe(false)
  expect(await store.get(upper)).toBe('c1')
  expect(await redis.ttl(`${keyPrefix}:seentx:${hash}`)).toBe(604_800)
})

test('a proof is used once, and remembered for 900 s', async () => {
  using redis = connect()
  const ref = newPrefix()
  const { isUsed, markUsed } = createProofStore({ redis })
  expect(await isUsed(ref)).toBe(false)
  const told = await Promise.all(Array.from({ length: 20 }, () => markUsed(ref)))
  expect(told.filter(Boolean)).toHaveLength(1)
  expect(await isUsed(ref)).toBe(true)
  expect(await redis.ttl(`piprail:proof:${ref}`)).toBe(900)
  await redis.del(`piprail:proof:${ref}`)
})
