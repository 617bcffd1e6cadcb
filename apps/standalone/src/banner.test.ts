import { expect, test } from 'vitest'
import { banner } from './banner.ts'
import { toConfig } from './config.ts'
import { readEnv } from './env.ts'

const wallet = `0x${'a1'.repeat(20)}`
const base = {
  KEY0_WALLET_ADDRESS: wallet,
  KEY0_DATA_DIR: '/data',
  KEY0_PUBLIC_URL: 'https://shop.example',
  ISSUE_TOKEN_API: 'https://backend.example/issue',
  BACKEND_AUTH_STRATEGY: 'shared-secret',
  INTERNAL_AUTH_SECRET: 'canary-internal-auth',
}
const well = { status: 'ok' } as const
const readiness = {
  ok: false,
  checks: {
    ...{ store: well, chain: well, payee: well, floats: { status: 'warning' } as const },
    settlement: { status: 'failing', detail: 'facilitator.example: it does not answer' } as const,
  },
}
const print = (env: Record<string, string>) =>
  banner(toConfig(readEnv(env)), { port: 3000, warnings: ['something of the store'], readiness })

test('it says what this process is and does', () => {
  expect(print(base).split('\n')).toEqual([
    '',
    'Key0 gateway',
    '  Port         3000',
    '  Network      testnet (Base Sepolia, 84532)',
    `  Wallet       ${wallet}`,
    '  Storage      embedded (/data)',
    '  Managed      none',
    '  Token mode   remote',
    '  Facilitation Standard',
    '  Ready        NO (store ok, chain ok, payee ok, floats warning, settlement failing)',
    '  Backend      https://backend.example/issue',
    '  Plans        basic $0.10',
    '  Routes       none',
    '  Proxy to     none',
    '  Discovery    https://shop.example/discover',
    '  Buy at       https://shop.example/x402/access',
    '  Agent card   https://shop.example/.well-known/agent-card.json',
    '  A2A endpoint https://shop.example/a2a',
    '  MCP server   off (MCP_ENABLED=true)',
    '  Admin API    off (KEY0_ADMIN_TOKEN)',
    '  Metrics      off (KEY0_METRICS_PORT)',
    '  Refund cron  every 60000 ms',
    '  Refund grace 300000 ms',
    '  Refunds      DISABLED (set KEY0_WALLET_PRIVATE_KEY): nobody pays back from here',
    '  Keys held    backend secret (proves who is calling)',
    '  ! Payments cannot be settled yet: GAS_WALLET_PRIVATE_KEY must be set, or CDP_API_KEY_ID and CDP_API_KEY_SECRET, or KEY0_FACILITATOR_URL, or KEY0_EXACT=false.',
    '  ! Refunds are DISABLED: set KEY0_WALLET_PRIVATE_KEY to send money back.',
    '  ! something of the store',
    '',
  ])
})

test('it says when agents are not spoken to', () => {
  const text = print({ ...base, A2A_ENABLED: 'false' })
  expect(text).toContain('Agent card   OFF (A2A_ENABLED=false)')
  expect(text).toContain('A2A endpoint OFF (A2A_ENABLED=false)')
})

test('it says that nobody settles, and what the keys are for then', () => {
  const { INTERNAL_AUTH_SECRET: _, BACKEND_AUTH_STRATEGY: __, ...bare } = base
  const text = print({ ...bare, KEY0_EXACT: 'false' })
  expect(text).toContain('Facilitation None: buyers pay on chain themselves (KEY0_EXACT=false)')
  expect(text).toContain('Keys held    none')
  const gas = print({
    ...bare,
    KEY0_EXACT: 'false',
    GAS_WALLET_PRIVATE_KEY: `0x${'3c'.repeat(32)}`,
  })
  expect(gas).toContain('Keys held    gas wallet (pays for refunds)')
})

test('it names every key that is held besides, where it is used', () => {
  const text = print({
    ...base,
    CDP_API_KEY_ID: 'canary-id',
    CDP_API_KEY_SECRET: 'canary-secret',
    KEY0_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 3).toString('base64')}`,
    ROUTES: '[{"method":"GET","path":"/a","unitAmount":"$0.01"}]',
    PROXY_TO_BASE_URL: 'https://backend.example',
    KEY0_PROXY_SECRET: 'canary-proxy-secret',
  })
  const [held] = /Keys held.*/.exec(text) ?? []
  for (const each of ['CDP API key (asks', 'webhook secret (signs', 'proxy secret (proves'])
    expect(held).toContain(each)
  expect(text).not.toMatch(/canary|whsec/)
})

test('it names the keys that are held and repeats no secret', () => {
  const canary = `0x${'c0ffee'.repeat(10)}c0ff`
  const text = print({
    ...base,
    GAS_WALLET_PRIVATE_KEY: canary,
    KEY0_WALLET_PRIVATE_KEY: canary,
    KEY0_ACCESS_TOKEN_SECRET: 'canary-access-token-secret-of-32-bytes',
    ISSUE_TOKEN_API: 'https://backend.example/issue?key=canary',
    KEY0_RPC_URL: 'https://rpc.example/canary',
    CDP_API_KEY_ID: 'canary-id',
    CDP_API_KEY_SECRET: 'canary-secret',
    KEY0_RECEIPT_PRIVATE_KEY: canary,
  })
  expect(text).toContain('Facilitation Gas wallet')
  expect(text).toContain('Keys held    gas wallet (pays for settlement), receiving wallet (signs')
  expect(text).toContain(', receipt key (signs receipts)')
  expect(text).toContain('Refunds      ENABLED, inside this process')
  expect(text).toContain('Backend      https://backend.example/issue')
  expect(text).not.toMatch(/canary|c0ffee/i)
})

test('it says of a key that is there for nothing that it is', () => {
  const env = { ...base, REFUNDS: 'off', KEY0_WALLET_PRIVATE_KEY: `0x${'c0'.repeat(32)}` }
  expect(print(env)).toContain('Keys held    receiving wallet (not used: REFUNDS=off), backend')
})
