import { expect, test } from 'vitest'
import { toConfig } from './config.ts'
import { readEnv, secretNames } from './env.ts'

const random = '5f0c1d9e8b7a6f5e4d3c2b1a09f8e7d6'
const base = {
  KEY0_WALLET_ADDRESS: `0x${'a1'.repeat(20)}`,
  KEY0_ACCESS_TOKEN_SECRET: 'a-secret-that-is-long-enough-for-hs256',
}
const read = (env: Record<string, string>) => toConfig(readEnv({ ...base, ...env }))

test('without a token there are no operator’s paths', () => {
  expect(read({}).adminToken).toBeUndefined()
  expect(read({ KEY0_ADMIN_TOKEN: '' }).adminToken).toBeUndefined()
  expect(read({ KEY0_ADMIN_TOKEN: random }).adminToken).toBe(random)
})

const hex = random.repeat(2)
const whsec = `whsec_${Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')}`
const canary = 'canary-canary-canary'

test.each<readonly [string, Record<string, string>, string]>([
  ['a short one', { KEY0_ADMIN_TOKEN: canary }, 'must be at least 32 characters long'],
  ['one with blanks', { KEY0_ADMIN_TOKEN: `${canary} ${canary}` }, 'must be visible ASCII'],
  ['one of other letters', { KEY0_ADMIN_TOKEN: `${canary}ü${canary}` }, 'must be visible ASCII'],
  ['a dull one', { KEY0_ADMIN_TOKEN: canary.repeat(3) }, 'is easy to guess'],
  [
    'one that the backend knows',
    { KEY0_ADMIN_TOKEN: random, INTERNAL_AUTH_SECRET: random },
    'must be a secret of its own',
  ],
  [
    'one that signs tokens',
    { KEY0_ADMIN_TOKEN: random, KEY0_ACCESS_TOKEN_SECRET: random },
    'must be a secret of its own',
  ],
  [
    'one that receivers of webhooks hold',
    { KEY0_ADMIN_TOKEN: whsec, KEY0_WEBHOOK_SECRET: whsec },
    'must be a secret of its own',
  ],
  [
    'one of two that receivers of webhooks hold',
    { KEY0_ADMIN_TOKEN: whsec, KEY0_WEBHOOK_SECRET: `whsec_${'b'.repeat(43)}=, ${whsec}` },
    'must be a secret of its own',
  ],
  [
    'one that opens the store',
    { KEY0_ADMIN_TOKEN: hex, KEY0_ENCRYPTION_KEY: `${'b'.repeat(64)},${hex}` },
    'must be a secret of its own',
  ],
  [
    'one that signs',
    { KEY0_ADMIN_TOKEN: `0x${hex}`, GAS_WALLET_PRIVATE_KEY: `0x${hex}` },
    'must be a secret of its own',
  ],
  [
    'a route at the operator’s place',
    {
      KEY0_ADMIN_TOKEN: random,
      PROXY_TO_BASE_URL: 'http://api.internal',
      ROUTES: '[{"method":"GET","path":"/admin/users","unitAmount":"$0.01"}]',
    },
    'the route /admin/users must be elsewhere',
  ],
])('%s is refused at the start, and its value is not repeated', (_, env, text) => {
  let said: unknown
  try {
    read(env)
  } catch (error) {
    said = error
  }
  expect(said).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(`${said}`).toContain('KEY0_ADMIN_TOKEN ')
  expect(`${said}`).toContain(text)
  for (const secret of [canary, random, whsec]) expect(`${said}`).not.toContain(secret)
})

test('no other secret of the gateway lets anybody in, alone or within another text', () => {
  const others = secretNames().filter((name) => name !== 'KEY0_ADMIN_TOKEN')
  expect(others.length).toBeGreaterThan(15)
  for (const name of others)
    for (const text of [random, `0x${random}${random}, ${random}`, `redis://a:${random}@b`])
      expect(() => toConfig(readEnv({ KEY0_ADMIN_TOKEN: random, [name]: text })), name).toThrow(
        'KEY0_ADMIN_TOKEN must be a secret of its own',
      )
})

test('without a token a route may be there', () => {
  const ROUTES = '[{"method":"GET","path":"/admin/users","unitAmount":"$0.01"}]'
  expect(read({ PROXY_TO_BASE_URL: 'http://api.internal', ROUTES }).routes).toHaveLength(1)
})

test('agents are not spoken to at the operator’s place', () => {
  expect(() => read({ BASE_PATH: '/admin' })).toThrow('BASE_PATH must be a path like')
})
