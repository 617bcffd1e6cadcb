import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Key0Error } from '@key0/core'
import {
  findPostgres,
  findRedis,
  type SharedPostgres,
  type SharedRedis,
  startRedisCluster,
} from '@key0/test-services'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from './openStore.ts'
import type { Network } from './readNetwork.ts'
import type { StorageConfig } from './readStorage.ts'

let redis: SharedRedis
let postgres: SharedPostgres
let dataDir: string
beforeAll(async () => {
  redis = await findRedis()
  postgres = await findPostgres()
  dataDir = await mkdtemp(join(tmpdir(), 'key0-open-store-'))
})
afterAll(async () => {
  await redis.stop()
  await postgres.stop()
  await rm(dataDir, { recursive: true, force: true })
})

function configOf(storage: StorageConfig, network: Network = 'testnet') {
  return { storage, network }
}

test('a gateway on Redis keeps its challenges there', async () => {
  const opened = await openStore(configOf({ kind: 'redis', url: redis.url }))
  expect(await opened.store.get('no-such-challenge')).toBeUndefined()
  await opened.close()
})

test('several Redis URLs are the nodes of one cluster', async () => {
  await using cluster = await startRedisCluster()
  const url = cluster.nodes.map((node) => node.url).join(',')
  const opened = await openStore(configOf({ kind: 'redis', url }))
  expect(await opened.store.get('no-such-challenge')).toBeUndefined()
  await opened.close()
})

test('a gateway on PostgreSQL makes its tables and keeps its challenges there', async () => {
  const opened = await openStore(
    configOf({ kind: 'postgres', url: await postgres.createDatabase() }),
  )
  expect(await opened.store.get('no-such-challenge')).toBeUndefined()
  await opened.close()
})

test('a PostgreSQL that is not there is said within seconds, without its password', async () => {
  const url = 'postgres://key0:hunter2@127.0.0.1:9/shop'
  const error = await openStore(configOf({ kind: 'postgres', url })).catch(
    (cause: unknown) => cause,
  )
  expect(Key0Error.is(error, 'STORE_UNAVAILABLE')).toBe(true)
  expect(`${error}`).not.toContain('hunter2')
})

test('a Redis that is not there is said within seconds, without its password', async () => {
  const url = 'redis://:hunter2@127.0.0.1:9'
  const error = await openStore(configOf({ kind: 'redis', url })).catch((cause: unknown) => cause)
  expect(Key0Error.is(error, 'STORE_UNAVAILABLE')).toBe(true)
  expect(`${error}`).not.toContain('hunter2')
})

test('money on mainnet is not trusted to a Redis that forgets', async () => {
  const forgetful = openStore(configOf({ kind: 'redis', url: redis.url }, 'mainnet'))
  await expect(forgetful).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

test('the embedded store loads no other engine’s driver', async () => {
  const probe = `
    import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ resolve: (name, context, next) => (seen.push(name), next(name, context)) })
    const { openStore } = await import(${JSON.stringify(new URL('openStore.ts', import.meta.url).href)})
    const storage = { kind: 'embedded', dataDir: ${JSON.stringify(dataDir)} }
    const { close } = await openStore({ storage, network: 'testnet' })
    await close()
    console.log(JSON.stringify(seen.filter((name) => /ioredis|^postgres$|store-(redis|postgres)/.test(name))))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@key0/source',
    '--input-type=module',
    '--eval',
    probe,
  ])
  expect(JSON.parse(stdout)).toEqual([])
})
