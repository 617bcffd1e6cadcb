import { expect, test } from 'vitest'
import { toConfig } from './config.ts'
import { readEnv } from './env.ts'

const secret = `whsec_${'A'.repeat(43)}=`
const other = `whsec_${'B'.repeat(43)}=`
const least = {
  KEY0_WALLET_ADDRESS: `0x${'ab'.repeat(20)}`,
  KEY0_ACCESS_TOKEN_SECRET: 'a secret of more than thirty-two bytes',
  GAS_WALLET_PRIVATE_KEY: `0x${'11'.repeat(32)}`,
}
const read = (env: object) => toConfig(readEnv({ ...least, ...env })).notifications
const faultsOf = (env: object): string => {
  try {
    read(env)
    return 'no fault'
  } catch (error) {
    return String((error as Error).message)
  }
}

test('nobody is told durably unless that is asked for', () => {
  expect(read({})).toBeUndefined()
})

test('a secret alone makes the backend’s notification durable; two are active while rotated', () => {
  expect(read({ KEY0_WEBHOOK_SECRET: `${other}, ${secret}` })).toEqual({
    ...{ secrets: [other, secret], urls: [], networks: 'public' },
  })
})

test('several addresses, and ones of the own network where that is said', () => {
  const KEY0_WEBHOOK_URLS = 'https://a.example/hook?token=1, https://b.example/hook'
  expect(read({ KEY0_WEBHOOK_URLS, KEY0_WEBHOOK_SECRET: secret })).toEqual({
    ...{ secrets: [secret], networks: 'public' },
    urls: ['https://a.example/hook?token=1', 'https://b.example/hook'],
  })
  const own = { KEY0_WEBHOOK_URLS: 'http://127.0.0.1:9/hook', KEY0_WEBHOOK_PRIVATE: 'true' }
  expect(read({ ...own, KEY0_WEBHOOK_SECRET: secret })?.networks).toBe('any')
})

test.each([
  ['an address without a secret', { KEY0_WEBHOOK_URLS: 'https://a.example' }, 'SECRET must be set'],
  ['a weak secret', { KEY0_WEBHOOK_SECRET: 'canary' }, 'KEY0_WEBHOOK_SECRET must be one secret'],
  ['no address', { KEY0_WEBHOOK_URLS: 'a.example' }, 'KEY0_WEBHOOK_URLS must be one or more'],
  ['another protocol', { KEY0_WEBHOOK_URLS: 'ftp://a.example' }, 'KEY0_WEBHOOK_URLS must be one'],
  ['a password', { KEY0_WEBHOOK_URLS: 'https://me:canary@a.example' }, 'without user name'],
  ['a private address', { KEY0_WEBHOOK_URLS: 'https://10.0.0.1' }, 'must be public addresses'],
  ['an address of the cloud', { KEY0_WEBHOOK_URLS: 'http://169.254.169.254' }, 'must be public'],
  ['an odd spelling', { KEY0_WEBHOOK_URLS: 'https://0x7f.1' }, 'must be public addresses'],
  ['localhost', { KEY0_WEBHOOK_URLS: 'https://a.example,http://localhost:1' }, '(number 2 in the'],
  ['one twice', { KEY0_WEBHOOK_URLS: 'https://a.example,https://a.example/' }, 'address once'],
  ['no truth', { KEY0_WEBHOOK_PRIVATE: 'yes' }, 'KEY0_WEBHOOK_PRIVATE must be true or false'],
])('a mistake is named and never repeated: %s', (_, env, expected) => {
  const faults = faultsOf(env)
  expect(faults).toContain(expected)
  expect(faults).not.toContain('canary')
})

test('on mainnet webhooks are https and public, and every mistake is named at once', () => {
  const faults = faultsOf({
    ...{ KEY0_NETWORK: 'mainnet', KEY0_WEBHOOK_PRIVATE: 'true', KEY0_WEBHOOK_SECRET: 'x' },
    KEY0_WEBHOOK_URLS: 'http://a.example',
  })
  expect(faults).toContain('KEY0_WEBHOOK_PRIVATE must not be true on mainnet')
  expect(faults).toContain('KEY0_WEBHOOK_URLS must be https on mainnet')
  expect(faults).toContain('KEY0_WEBHOOK_SECRET must be one secret')
})
