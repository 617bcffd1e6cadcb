import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  configOf,
  key,
  least,
  mainnet,
  problemsOf,
  remote,
  secret,
  wallet,
} from '../test/settings.ts'
import { type Env, secretNames } from './env.ts'
import type { GatewayConfig } from './GatewayConfig.ts'

test('MCP_ENABLED switches the MCP server on, MCP_ALLOWED_ORIGINS lets pages ask', () => {
  const on = { ...least, MCP_ENABLED: 'true' }
  expect(configOf(on).mcp).toEqual({ allowedOrigins: [], routes: false })
  const pages = 'https://agent.example, http://localhost:6274'
  expect(configOf({ ...on, MCP_ALLOWED_ORIGINS: pages, MCP_ROUTE_TOOLS: 'true' }).mcp).toEqual({
    routes: true,
    allowedOrigins: ['https://agent.example', 'http://localhost:6274'],
  })
  expect(problemsOf({ ...on, MCP_ALLOWED_ORIGINS: 'https://agent.example/' })).toContain(
    'MCP_ALLOWED_ORIGINS must be origins',
  )
})

describe('defaults', () => {
  const config = configOf(least)
  test.each<readonly [name: string, found: unknown, expected: unknown]>([
    ['KEY0_PORT', config.port, 3000],
    ['KEY0_HOST', config.host, '0.0.0.0'],
    ['KEY0_NETWORK', config.network, 'testnet'],
    ['KEY0_PUBLIC_URL', config.publicUrl, 'http://localhost:3000'],
    ['CHALLENGE_TTL_SECONDS', config.challengeTTLSeconds, 900],
    ['KEY0_PAYMENT_IDENTIFIER', config.paymentIdentifier, 'optional'],
    ['AGENT_NAME', config.agent.name, 'Key0 Server'],
    ['AGENT_DESCRIPTION', config.agent.description, 'Payment-gated A2A endpoint'],
    ['PROVIDER_NAME', config.provider.name, 'Key0'],
    ['PROVIDER_URL', config.provider.url, 'https://key0.ai'],
    ['BASE_PATH', config.a2a, { path: '/a2a' }],
    ['PLANS', config.plans, [{ planId: 'basic', unitAmount: '$0.10' }]],
    ['MCP_ENABLED', config.mcp, undefined],
    ['LLMS_ENABLED', Object.values(config.documents), [true, true, true, true, true, true]],
    ['TOKEN_MODE', config.token.mode, 'native'],
    ['STORAGE_BACKEND', config.storage, { kind: 'embedded', dataDir: join(homedir(), '.key0') }],
    ['USE_GAS_WALLET', config.settlement, { mode: 'facilitator' }],
    ['KEY0_WALLET_PRIVATE_KEY', config.refunds.walletPrivateKeys, []],
    ['REFUNDS', config.refunds.inside, true],
    ['REFUND_INTERVAL_MS', config.refunds.intervalMs, 60_000],
    ['REFUND_MIN_AGE_MS', config.refunds.minAgeMs, 300_000],
    ['REFUND_BATCH_SIZE', config.refunds.batchSize, 50],
    ['KEY0_FINALITY', config.finality, { payment: 'latest', refund: 'latest' }],
    ['KEY0_RPC_URL', config.rpcUrls, []],
    ['LOG_LEVEL', config.logLevel, 'info'],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected)
  })

  test('of remote token mode: TOKEN_ISSUE_TIMEOUT_MS, TOKEN_ISSUE_RETRIES, BACKEND_AUTH_STRATEGY', () => {
    expect(configOf(remote).token).toMatchObject({
      mode: 'remote',
      timeoutMs: 15_000,
      retries: 2,
      auth: { strategy: 'none' },
    })
  })

  test('on mainnet a refund waits for finality', () => {
    expect(configOf(mainnet).finality).toEqual({ payment: 'latest', refund: 'finalized' })
    expect(configOf({ ...mainnet, KEY0_FINALITY: 'safe' }).finality).toEqual({
      payment: 'safe',
      refund: 'safe',
    })
  })
})

describe('names', () => {
  test('the older names work, and the KEY0_ names win', () => {
    const older = { PORT: '8080', AGENT_URL: 'https://old.example', ACCESS_TOKEN_SECRET: secret }
    const config = configOf({ KEY0_WALLET_ADDRESS: wallet, ...older })
    expect(config).toMatchObject({ port: 8080, publicUrl: 'https://old.example' })
    expect(config.token).toMatchObject({ mode: 'native', key: { secret } })
    const newer = { KEY0_PORT: '9090', KEY0_PUBLIC_URL: 'https://new.example/' }
    expect(configOf({ ...least, ...older, ...newer })).toMatchObject({
      port: 9090,
      publicUrl: 'https://new.example',
    })
  })

  test('the public address follows the port', () => {
    expect(configOf({ ...least, PORT: '8080' }).publicUrl).toBe('http://localhost:8080')
  })

  test.each([
    ['KEY0_WALLET_ADRESS', 'KEY0_WALLET_ADDRESS'],
    ['KEY0_WALET_PRIVATE_KEY', 'KEY0_WALLET_PRIVATE_KEY'],
    ['KEY0_NETWROK', 'KEY0_NETWORK'],
    ['KEY0_RPC_URLS', 'KEY0_RPC_URL'],
  ])('%s is told to be %s', (wrong, right) => {
    expect(problemsOf({ ...least, [wrong]: 'x' })).toContain(`${wrong} is not a setting; did you`)
    expect(problemsOf({ ...least, [wrong]: 'x' })).toContain(`mean ${right}?`)
  })

  test('metrics are told at a port of their own', () => {
    expect(configOf(least).metricsPort).toBeUndefined()
    expect(configOf({ ...least, KEY0_METRICS_PORT: '9090' }).metricsPort).toBe(9090)
    expect(problemsOf({ ...least, KEY0_METRICS_PORT: '3000' })).toContain('must not be KEY0_PORT')
  })

  test.each([
    ['/agents/', { path: '/agents' }],
    ['/v1/a2a', { path: '/v1/a2a' }],
  ])('BASE_PATH=%s', (path, a2a) => {
    expect(configOf({ ...least, BASE_PATH: path }).a2a).toEqual(a2a)
    expect(configOf({ ...least, BASE_PATH: path, A2A_ENABLED: 'false' }).a2a).toBe(false)
  })

  test.each(['a2a', '/', '/a b', '/x402/access', '/health', '/.well-known/agent.json', '//a2a'])(
    'BASE_PATH=%s is refused',
    (path) => {
      expect(problemsOf({ ...least, BASE_PATH: path })).toContain('BASE_PATH must be a path like')
    },
  )

  test('blanks around a value do not count, and a blank value is none', () => {
    const config = configOf({ ...least, KEY0_NETWORK: ' testnet\r\n', KEY0_PORT: '  ' })
    expect(config).toMatchObject({ network: 'testnet', port: 3000 })
  })
})

describe('where challenges are kept', () => {
  test.each<readonly [name: string, env: Env, storage: GatewayConfig['storage']]>([
    [
      'a Redis URL implies Redis',
      { REDIS_URL: 'redis://r:6379' },
      { kind: 'redis', url: 'redis://r:6379' },
    ],
    [
      'a database URL implies PostgreSQL',
      { DATABASE_URL: 'postgres://p/d' },
      { kind: 'postgres', url: 'postgres://p/d' },
    ],
    [
      'both URLs: what STORAGE_BACKEND says',
      { REDIS_URL: 'rediss://r', DATABASE_URL: 'postgres://p/d', STORAGE_BACKEND: 'redis' },
      { kind: 'redis', url: 'rediss://r' },
    ],
  ])('%s', (_, env, storage) => {
    expect(configOf({ ...least, ...env }).storage).toEqual(storage)
  })

  test('prices that were only asked are kept as long as is said, and never shorter than they hold', () => {
    const keep = (seconds: string, env: Env = {}) => ({
      ...least,
      KEY0_PENDING_TTL_SECONDS: seconds,
      ...env,
    })
    expect(configOf(keep('3600')).storage).toMatchObject({ pendingTTLSeconds: 3_600 })
    expect(problemsOf(keep('3599'))).toContain('KEY0_PENDING_TTL_SECONDS must be')
    expect(problemsOf(keep('3600', { CHALLENGE_TTL_SECONDS: '3601' }))).toContain(
      'KEY0_PENDING_TTL_SECONDS must be at least CHALLENGE_TTL_SECONDS, 3601',
    )
  })

  test.each<readonly [name: string, env: Env]>([
    ['REDIS_URL', { STORAGE_BACKEND: 'redis' }],
    ['REDIS_URL', { STORAGE_BACKEND: 'redis', REDIS_URL: 'http://hunter2@r' }],
    ['DATABASE_URL', { STORAGE_BACKEND: 'postgres' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://hunter2@d' }],
  ])('%s that is missing or another engine’s is told, not repeated', (name, env) => {
    const told = problemsOf({ ...least, ...env })
    expect(told).toContain(name)
    expect(told).not.toContain('hunter2')
  })
})

describe('servers that were started beside it', () => {
  const urls = { REDIS_URL: 'redis://r:6379', DATABASE_URL: 'postgres://p/d' }
  test('are those that are named, and none when none is', () => {
    const env = { ...least, ...urls, KEY0_MANAGED_INFRA: 'redis, postgres,redis' }
    expect(configOf(env).managedInfra).toEqual(['redis', 'postgres'])
    expect(configOf({ ...least, KEY0_MANAGED_INFRA: '' }).managedInfra).toEqual([])
  })

  test('without an address keep it from starting, as one that it does not know', () => {
    const env = { ...least, REDIS_URL: 'redis://r:6379' }
    expect(problemsOf({ ...env, KEY0_MANAGED_INFRA: 'redis,postgres' })).toContain(
      'DATABASE_URL must be set: postgres is managed',
    )
    expect(problemsOf({ ...env, KEY0_MANAGED_INFRA: 'redis,kafka' })).toContain(
      'KEY0_MANAGED_INFRA names other servers than redis, postgres',
    )
  })
})

test('every mistake is told in one message', () => {
  const told = problemsOf({
    KEY0_WALLET_ADDRESS: '0x123',
    KEY0_NETWORK: 'sepolia',
    KEY0_PORT: '70000',
    KEY0_PUBLIC_URL: 'shop.example',
    CHALLENGE_TTL_SECONDS: '-1',
    PLANS: '{}',
    STORAGE_BACKEND: 'mongo',
    USE_GAS_WALLET: 'yes',
    GAS_WALLET_PRIVATE_KEY: '0x12',
    KEY0_WALLET_PRIVATE_KEY: 'hello',
    REFUND_INTERVAL_MS: '1e3',
    REFUND_BATCH_SIZE: '99999999999999999999',
    LOG_LEVEL: 'loud',
    KEY0_TYPO: '1',
    KEY0_RPC_URL: 'ftp://x',
    KEY0_FINALITY: 'soon',
  })
  const named = told.match(/^ {2}\d+: (\w+)/gm)?.map((line) => line.replace(/^ {2}\d+: /, ''))
  expect(named?.sort()).toEqual([
    'CHALLENGE_TTL_SECONDS',
    'GAS_WALLET_PRIVATE_KEY',
    'KEY0_ACCESS_TOKEN_SECRET',
    'KEY0_FINALITY',
    'KEY0_NETWORK',
    'KEY0_PORT',
    'KEY0_PUBLIC_URL',
    'KEY0_RPC_URL',
    'KEY0_TYPO',
    'KEY0_WALLET_ADDRESS',
    'KEY0_WALLET_PRIVATE_KEY',
    'LOG_LEVEL',
    'PLANS',
    'REFUND_BATCH_SIZE',
    'REFUND_INTERVAL_MS',
    'STORAGE_BACKEND',
    'USE_GAS_WALLET',
  ])
})

test.each(['-1', '0x10', '1.5', '1e3', '٣', '99999999999999999999', 'NaN', '١٠٠'])(
  'the number "%s" is none',
  (text) => {
    const names = ['KEY0_PORT', 'CHALLENGE_TTL_SECONDS', 'REFUND_INTERVAL_MS', 'REFUND_MIN_AGE_MS']
    for (const name of names) expect(problemsOf({ ...least, [name]: text })).toContain(name)
  },
)

describe('plans', () => {
  const plans = '[{"planId":"a","unitAmount":"$1.00","description":"one"}]'
  const base64 = Buffer.from('[{"planId":"b","unitAmount":"$2.00"}]').toString('base64')

  test('PLANS_B64 counts before PLANS', () => {
    expect(configOf({ ...least, PLANS: plans }).plans).toMatchObject([{ planId: 'a' }])
    const both = configOf({ ...least, PLANS: plans, PLANS_B64: base64 })
    expect(both.plans).toMatchObject([{ planId: 'b' }])
  })

  test.each([
    ['[{"planId":"a"', 'not a JSON array'],
    ['{"planId":"a"}', 'not a JSON array'],
    ['null', 'not a JSON array'],
    ['[]', 'at least one plan'],
    ['[{"planId":"a","unitAmount":"$1"},{"planId":"a","unitAmount":"$2"}]', '"a" is there twice'],
    ['[{"planId":"a","unitAmount":"-1"}]', 'plans[0].unitAmount'],
    ['[{"planId":"a","unitAmount":"$0"}]', 'plans[0].unitAmount'],
    ['[{"planId":"a","unitAmount":"$0.0000001"}]', 'at most 6 decimals'],
    ['[{"planId":"../a","unitAmount":"$1"}]', 'plans[0].planId'],
    ['[null]', 'plans[0].planId'],
  ])('%s: %s', (text, expected) => {
    expect(problemsOf({ ...least, PLANS: text })).toContain(expected)
    const encoded = Buffer.from(text).toString('base64')
    expect(problemsOf({ ...least, PLANS_B64: encoded })).toMatch(/PLANS_B64 must be like/)
  })
})

describe('routes', () => {
  const routes = '[{"method":"GET","path":"/photos/:id","unitAmount":"$0.01"}]'
  const base = { ...least, PROXY_TO_BASE_URL: 'http://api.internal:8080/v1/' }

  test('are sold instead of the default plan, or beside named ones', () => {
    const alone = configOf({ ...base, ROUTES: routes })
    expect(alone).toMatchObject({ plans: [], routes: [{ path: '/photos/:id' }] })
    const proxy = { baseUrl: 'http://api.internal:8080/v1', timeoutMs: 30_000 }
    expect(alone.proxy).toEqual({ ...proxy, maxStoredBytes: 262_144 })
    const plans = '[{"planId":"a","unitAmount":"$1.00"}]'
    expect(configOf({ ...base, ROUTES: routes, PLANS: plans }).plans).toHaveLength(1)
    expect(configOf(least)).toMatchObject({ plans: [{ planId: 'basic' }], routes: [] })
    expect(configOf(least)).not.toHaveProperty('proxy')
  })

  test('ROUTES_B64 counts before ROUTES', () => {
    const other = Buffer.from(routes.replace('photos', 'other')).toString('base64')
    const both = configOf({ ...base, ROUTES: routes, ROUTES_B64: other })
    expect(both.routes).toMatchObject([{ path: '/other/:id' }])
  })

  test('the proxy has a secret, a patience and a measure of its own', () => {
    const own = { PROXY_TIMEOUT_MS: '90000', PROXY_MAX_STORED_BYTES: '1000' }
    const config = configOf({ ...base, ROUTES: routes, ...own, KEY0_PROXY_SECRET: secret })
    expect(config.proxy).toMatchObject({ secret, timeoutMs: 90_000, maxStoredBytes: 1_000 })
    const slow = { ...base, ROUTES: routes, PROXY_TIMEOUT_MS: '400000' }
    expect(configOf(slow).warnings.join()).toContain('the worst case of a delivery (405000 ms)')
  })

  test.each([
    ['not JSON', { ...base, ROUTES: '[' }, 'ROUTES must be like'],
    ['no routes to pass on', base, 'ROUTES must be set: only routes are passed on'],
    ['nobody to answer', { ...least, ROUTES: routes }, 'PROXY_TO_BASE_URL must be set'],
    ['a path that is none', { ...base, ROUTES: '[{"method":"GET","path":"a"}]' }, 'routes[0].path'],
    ['a price that is none', { ...base, ROUTES: routes.replace('$', '€') }, 'routes[0].unitAmount'],
    ['our own path', { ...base, ROUTES: routes.replace('/photos/:id', '/health') }, '/health'],
    [
      'a short secret',
      { ...base, ROUTES: routes, KEY0_PROXY_SECRET: 'short' },
      'KEY0_PROXY_SECRET',
    ],
  ])('with %s it does not start', (_, env, expected) => {
    expect(problemsOf(env)).toContain(expected)
  })

  test('mistakes of plans and routes are told together', () => {
    const told = problemsOf({ ...base, ROUTES: '[{}]', PLANS: '[{}]' })
    for (const part of ['plans[0].planId', 'routes[0].method', 'routes[0].path'])
      expect(told).toContain(part)
  })
})

test('wallets that sold before, comma-separated', () => {
  const one = `0x${'b2'.repeat(20)}`
  const env = { ...least, KEY0_RETIRED_WALLETS: `${one}, 0x${'c3'.repeat(20)}` }
  expect(configOf(env).retiredWallets).toEqual([one, `0x${'c3'.repeat(20)}`])
  expect(configOf(least).retiredWallets).toEqual([])
  expect(problemsOf({ ...least, KEY0_RETIRED_WALLETS: `${one},0x12` })).toContain(
    'KEY0_RETIRED_WALLETS must be one or more addresses',
  )
})

describe('encryption at rest', () => {
  const hex = '1f'.repeat(32)
  test('is off until there is a key; the first of several encrypts', () => {
    expect(configOf(least).encryptionKeys).toEqual([])
    const base64 = Buffer.alloc(32, 7).toString('base64')
    const keys = configOf({ ...least, KEY0_ENCRYPTION_KEY: `${hex}, ${base64}` }).encryptionKeys
    expect(keys.map((key) => Buffer.from(key).toString('hex'))).toEqual([hex, '07'.repeat(32)])
  })

  test('a key that is none is a mistake, and is not repeated', () => {
    const problems = problemsOf({ ...least, KEY0_ENCRYPTION_KEY: 'canary-key' })
    expect(problems).toContain('KEY0_ENCRYPTION_KEY must be 32 random bytes')
    expect(problems).not.toContain('canary')
  })
})

describe('receipts', () => {
  test('are given when there is a key for them, from a file too', () => {
    expect(configOf(least).receiptPrivateKey).toBeUndefined()
    expect(configOf({ ...least, KEY0_RECEIPT_PRIVATE_KEY: key }).receiptPrivateKey).toBe(key)
    expect(secretNames()).toContain('KEY0_RECEIPT_PRIVATE_KEY')
  })

  test.each([
    ['that is none', 'c0ffee', 'must be 0x and 64 hexadecimal digits'],
    ['too many', `${key},0x${'c0ffee11'.repeat(8)}`, 'must be one key'],
  ])('a key %s is a mistake, and is not repeated', (_, value, told) => {
    const problems = problemsOf({ ...least, KEY0_RECEIPT_PRIVATE_KEY: value })
    expect(problems).toContain(`KEY0_RECEIPT_PRIVATE_KEY ${told}`)
    expect(problems).not.toContain('c0ffee')
  })
})

describe('mainnet', () => {
  test('a whole configuration is accepted without a warning', () => {
    expect(configOf(mainnet).warnings).toEqual([])
  })

  test.each<readonly [string, Env, string]>([
    ['a store that forgets', { STORAGE_BACKEND: 'memory' }, 'forgets everything on restart'],
    ['nobody who settles', { GAS_WALLET_PRIVATE_KEY: undefined }, 'GAS_WALLET_PRIVATE_KEY must'],
    ['a wallet that is off', { USE_GAS_WALLET: 'false' }, 'USE_GAS_WALLET is false'],
    [
      'a grace shorter than a delivery',
      { ...remote, BACKEND_AUTH_STRATEGY: 'none', REFUND_MIN_AGE_MS: '40000' },
      'REFUND_MIN_AGE_MS is shorter than the worst case',
    ],
    ['a backend that trusts everybody, unasked', remote, 'BACKEND_AUTH_STRATEGY must be set'],
  ])('refuses %s, which testnet warns about or allows', (_, env, expected) => {
    expect(problemsOf({ ...mainnet, ...env })).toContain(expected)
    const onTestnet = { ...mainnet, ...env, KEY0_NETWORK: 'testnet' }
    expect(() => configOf(onTestnet)).not.toThrow()
  })

  test('a public address that is not https is warned about', () => {
    const config = configOf({ ...mainnet, KEY0_PUBLIC_URL: undefined })
    expect(config.warnings.join()).toContain('KEY0_PUBLIC_URL is http://localhost:3000')
  })
})

describe('testnet warns of', () => {
  test.each<readonly [string, Env, string]>([
    ['payments that nobody settles', least, 'Payments cannot be settled yet'],
    ['refunds that nobody sends', least, 'Refunds are DISABLED'],
    ['a backend that trusts everybody', remote, 'BACKEND_AUTH_STRATEGY is none'],
    ['a short grace', { ...remote, REFUND_MIN_AGE_MS: '1000' }, 'REFUND_MIN_AGE_MS is shorter'],
  ])('%s', (_, env, expected) => {
    expect(configOf(env).warnings.join('\n')).toContain(expected)
  })
})

test('a gateway that leaves refunds to a worker needs no key for them, and warns of nothing', () => {
  const config = configOf({ ...least, REFUNDS: 'off' })
  expect(config.refunds).toMatchObject({ inside: false, walletPrivateKeys: [] })
  expect(config.warnings.join()).not.toContain('Refunds are DISABLED')
})

test('no message repeats a secret, also when it stands under a wrong name', () => {
  const canary = `0x${'c0ffee'.repeat(11)}`
  const names = [
    ...['KEY0_PORT', 'KEY0_NETWORK', 'KEY0_WALLET_ADDRESS', 'KEY0_WALLET_PRIVATE_KEY', 'LOG_LEVEL'],
    ...['GAS_WALLET_PRIVATE_KEY', 'USE_GAS_WALLET', 'KEY0_RPC_URL', 'KEY0_FACILITATOR_URL'],
    ...['REDIS_URL', 'DATABASE_URL', 'STORAGE_BACKEND', 'TOKEN_MODE', 'ISSUE_TOKEN_API', 'PLANS'],
    ...['BACKEND_API_URL', 'REFUND_MIN_AGE_MS', 'KEY0_TYPO', 'KEY0_PUBLIC_URL', 'PROVIDER_URL'],
    ...['KEY0_RECEIPT_PRIVATE_KEY'],
    ...['REFUNDS', 'BACKEND_AUTH_STRATEGY', 'KEY0_FINALITY', 'PLANS_B64', 'CDP_API_KEY_SECRET'],
  ]
  for (const name of names) expect(problemsOf({ ...least, [name]: canary })).not.toContain('c0ffee')
})
