import { Key0Error } from '@key0/core'
import { describe, expect, test } from 'vitest'
import { toConfig } from './config.ts'
import { readEnv } from './env.ts'
import type { WorkerConfig } from './WorkerConfig.ts'

type Env = Readonly<Record<string, string | undefined>>

const wallet = `0x${'a1'.repeat(20)}`
const key = `0x${'3c'.repeat(32)}`
const otherKey = `0x${'4d'.repeat(32)}`
const redisUrl = 'redis://r:6379'
const databaseUrl = 'postgres://p/d'
const least: Env = { REDIS_URL: redisUrl }

const configOf = (env: Env): WorkerConfig => toConfig(readEnv(env))

function problemsOf(env: Env): string {
  try {
    configOf(env)
  } catch (error) {
    if (Key0Error.is(error, 'CONFIG_INVALID')) return error.message
    throw error
  }
  throw new Error('This configuration was accepted')
}

test('defaults', () => {
  expect(configOf(least)).toMatchObject({
    network: 'testnet',
    rpcUrls: [],
    finality: { refund: 'latest' },
    refunds: { walletPrivateKeys: [], intervalMs: 60_000, minAgeMs: 300_000, batchSize: 50 },
    gasWalletPrivateKeys: [],
    host: '0.0.0.0',
    port: 3001,
    logLevel: 'info',
  })
  expect(configOf({ ...least, KEY0_NETWORK: 'mainnet' }).finality.refund).toBe('finalized')
})

test('several wallets, comma-separated, the same one only once', () => {
  const config = configOf({
    ...least,
    KEY0_WALLET_ADDRESS: wallet,
    KEY0_WALLET_PRIVATE_KEY: `${key},${otherKey}`,
    GAS_WALLET_PRIVATE_KEY: `${otherKey} , ${key},${key}`,
  })
  expect(config).toMatchObject({ walletAddress: wallet })
  expect(config.refunds.walletPrivateKeys).toEqual([key, otherKey])
  expect(config.gasWalletPrivateKeys).toEqual([otherKey, key])
  expect(config.warnings).toEqual([])
})

describe('where the schedule is', () => {
  const queue = 'rediss://:secret@queue:6380'
  const onPostgres = { STORAGE_BACKEND: 'postgres', DATABASE_URL: databaseUrl }
  test.each<readonly [name: string, env: Env, urls: readonly string[]]>([
    ['the store’s Redis', least, [redisUrl]],
    ['a Redis of its own', { ...least, BULLMQ_REDIS_URL: queue }, [queue]],
    ['the Redis beside PostgreSQL', { ...onPostgres, REDIS_URL: redisUrl }, [redisUrl]],
    ['a Redis for the queue alone', { ...onPostgres, BULLMQ_REDIS_URL: queue }, [queue]],
    ['no Redis: this process', onPostgres, []],
    ['embedded: this process', { STORAGE_BACKEND: 'embedded' }, []],
    [
      'a cluster',
      { ...onPostgres, BULLMQ_REDIS_URL: 'redis://a:1, redis://b:2,redis://c' },
      ['redis://a:1', 'redis://b:2', 'redis://c'],
    ],
  ])('%s', (_, env, urls) => {
    expect(configOf(env).queueUrls).toEqual(urls)
  })
})

describe('a store that the gateway shares', () => {
  test('is not memory', () => {
    expect(problemsOf({ STORAGE_BACKEND: 'memory' })).toContain(
      'STORAGE_BACKEND "memory" is seen by no other process than its own',
    )
  })

  test('is never guessed', () => {
    expect(problemsOf({ BULLMQ_REDIS_URL: redisUrl })).toContain('STORAGE_BACKEND must be set')
    expect(configOf({ KEY0_DATA_DIR: '/data' }).storage).toEqual({
      kind: 'embedded',
      dataDir: '/data',
    })
  })
})

test('every mistake is told in one message, with what was expected', () => {
  const told = problemsOf({
    KEY0_NETWORK: 'sepolia',
    KEY0_RPC_URL: 'ftp://x',
    KEY0_FINALITY: 'soon',
    KEY0_WALLET_ADDRESS: '0x123',
    KEY0_WALLET_PRIVATE_KEY: `${key},hello`,
    GAS_WALLET_PRIVATE_KEY: '0x12',
    STORAGE_BACKEND: 'postgres',
    DATABASE_URL: 'mysql://d',
    BULLMQ_REDIS_URL: 'http://r',
    REFUND_INTERVAL_MS: '-1',
    REFUND_MIN_AGE_MS: '1e3',
    REFUND_BATCH_SIZE: '99999999999999999999',
    PORT: '70000',
    LOG_LEVEL: 'loud',
    KEY0_TYPO: '1',
  })
  const named = told.match(/^ {2}\d+: (\w+)/gm)?.map((line) => line.replace(/^ {2}\d+: /, ''))
  expect(named?.sort()).toEqual([
    'BULLMQ_REDIS_URL',
    'DATABASE_URL',
    'GAS_WALLET_PRIVATE_KEY',
    'KEY0_FINALITY',
    'KEY0_NETWORK',
    'KEY0_RPC_URL',
    'KEY0_TYPO',
    'KEY0_WALLET_ADDRESS',
    'KEY0_WALLET_PRIVATE_KEY',
    'LOG_LEVEL',
    'PORT',
    'REFUND_BATCH_SIZE',
    'REFUND_INTERVAL_MS',
    'REFUND_MIN_AGE_MS',
  ])
  expect(told).toContain('0x and 64 hexadecimal digits, each of them')
  expect(told).toContain('redis:// or rediss:// URL')
})

test('a file with the gateway’s settings serves the worker too', () => {
  const gateway = {
    KEY0_PORT: '3000',
    KEY0_PUBLIC_URL: 'https://shop.example',
    KEY0_ACCESS_TOKEN_SECRET: 'x'.repeat(32),
    KEY0_ACCESS_TOKEN_SECRET_FILE: '/run/secrets/token',
    KEY0_FACILITATOR_URL: 'https://f.example',
    ISSUE_TOKEN_API: 'https://shop.example/issue',
  }
  expect(configOf({ ...least, ...gateway })).toMatchObject({ port: 3001 })
})

describe('a backend that withdraws', () => {
  const url = 'https://shop.example/revoke'
  const revoking = { ...least, REVOKE_TOKEN_API: url }
  test('is known by the gateway’s settings', () => {
    expect(configOf(least)).not.toHaveProperty('revocation')
    expect(configOf(revoking).revocation).toEqual({ url, auth: { strategy: 'none' } })
    const own = 'a-secret-of-the-backend'
    const shared = { BACKEND_AUTH_STRATEGY: 'shared-secret', INTERNAL_AUTH_SECRET: own }
    expect(configOf({ ...revoking, ...shared }).revocation).toMatchObject({
      auth: { headers: { 'x-internal-auth': own } },
    })
    expect(configOf({ ...least, BACKEND_AUTH_STRATEGY: 'jwt' })).not.toHaveProperty('revocation')
  })

  test('is asked for all of three days, also of a refund that came late', () => {
    expect(configOf(least).storage).not.toHaveProperty('deliveredTTLSeconds')
    expect(configOf(revoking).storage).toMatchObject({ deliveredTTLSeconds: 345_600 })
  })

  test.each<readonly [Env, string]>([
    [{ REVOKE_TOKEN_API: 'shop' }, 'REVOKE_TOKEN_API must be an http(s) URL'],
    [{ BACKEND_AUTH_STRATEGY: 'jwt' }, 'ISSUE_TOKEN_API_SECRET must be set'],
    [{ BACKEND_AUTH_STRATEGY: 'shared-secret' }, 'INTERNAL_AUTH_SECRET must be set'],
    [
      { BACKEND_AUTH_STRATEGY: 'shared-secret', INTERNAL_AUTH_SECRET: 'short' },
      'INTERNAL_AUTH_SECRET must be at least 16',
    ],
    [{ KEY0_NETWORK: 'mainnet' }, 'BACKEND_AUTH_STRATEGY must be set on mainnet'],
  ])('%o is refused', (env, expected) => {
    expect(problemsOf({ ...revoking, ...env })).toContain(expected)
  })

  test('is warned of when it trusts everybody, or is reached in plain', () => {
    expect(configOf(revoking).warnings.join()).toContain('BACKEND_AUTH_STRATEGY is none')
    const plain = { REVOKE_TOKEN_API: 'http://shop/revoke', BACKEND_AUTH_STRATEGY: 'none' }
    expect(configOf({ ...least, ...plain, KEY0_NETWORK: 'mainnet' }).warnings.join()).toContain(
      'REVOKE_TOKEN_API is not https',
    )
  })
})

test.each<readonly [string, Env, string]>([
  ['refunds that nobody sends', least, 'Refunds are DISABLED'],
  [
    'a wallet that needs ETH of its own',
    { ...least, KEY0_WALLET_PRIVATE_KEY: key },
    'the receiving wallet needs ETH',
  ],
  ['a short grace', { ...least, REFUND_MIN_AGE_MS: '1000' }, 'REFUND_MIN_AGE_MS is shorter'],
])('it warns of %s', (_, env, expected) => {
  expect(configOf(env).warnings.join('\n')).toContain(expected)
})

test('no message repeats a secret, also when it stands under a wrong name', () => {
  const canary = `0x${'c0ffee'.repeat(11)}`
  const names = [
    ...['PORT', 'KEY0_NETWORK', 'KEY0_WALLET_ADDRESS', 'KEY0_WALLET_PRIVATE_KEY', 'LOG_LEVEL'],
    ...['GAS_WALLET_PRIVATE_KEY', 'KEY0_RPC_URL', 'REDIS_URL', 'DATABASE_URL', 'STORAGE_BACKEND'],
    ...['BULLMQ_REDIS_URL', 'REFUND_MIN_AGE_MS', 'KEY0_TYPO', 'KEY0_FINALITY'],
    ...['REVOKE_TOKEN_API'],
  ]
  for (const name of names) {
    const env = name === 'DATABASE_URL' ? { [name]: canary } : { ...least, [name]: canary }
    expect(problemsOf(env)).not.toContain('c0ffee')
  }
})
