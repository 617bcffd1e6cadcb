import { readFile } from 'node:fs/promises'
import { namesUnder, readSettingsTable } from '@key0/test-services'
import { expect, test } from 'vitest'
import { toConfig } from '../src/config.ts'
import { knownNames, readEnv, secretNames } from '../src/env.ts'

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8')
const table = readSettingsTable(await read('../README.md'))
const example = await read('../../../deploy/compose/.env.example')

test('the table of settings names every setting, once, and nothing else', () => {
  expect([...table.names].sort()).toEqual([...knownNames()].sort())
})

test('the example environment names every setting of the gateway, once, and no other', () => {
  const named = namesUnder(['Both programs', 'Refunds', 'Gateway'], example)
  expect([...named].sort()).toEqual([...knownNames()].sort())
})

test('the table says which settings may come from files', () => {
  expect([...table.secrets].sort()).toEqual([...secretNames()].sort())
})

test('the defaults in the table are the defaults', () => {
  const secret = 'a-secret-that-is-long-enough-for-hs256'
  const wallet = `0x${'a1'.repeat(20)}`
  const env = { KEY0_WALLET_ADDRESS: wallet, KEY0_ACCESS_TOKEN_SECRET: secret }
  const config = toConfig(readEnv(env))
  const backend = toConfig(readEnv({ ...env, ISSUE_TOKEN_API: 'https://shop.example' })).token
  const { timeoutMs, retries, auth } = backend as Extract<typeof backend, { mode: 'remote' }>
  expect(table.defaults).toMatchObject({
    KEY0_NETWORK: `\`${config.network}\``,
    KEY0_PORT: `\`${config.port}\``,
    KEY0_HOST: `\`${config.host}\``,
    PLANS: `\`${JSON.stringify(config.plans)}\``,
    CHALLENGE_TTL_SECONDS: `\`${config.challengeTTLSeconds}\``,
    KEY0_MAX_OPEN_CHALLENGES: `\`${config.maxOpenChallenges.total}\``,
    KEY0_PAYMENT_IDENTIFIER: `\`${config.paymentIdentifier}\``,
    AGENT_NAME: `\`${config.agent.name}\``,
    AGENT_DESCRIPTION: `\`${config.agent.description}\``,
    PROVIDER_NAME: `\`${config.provider.name}\``,
    PROVIDER_URL: `\`${config.provider.url}\``,
    BASE_PATH: `\`${config.a2a ? config.a2a.path : 'off'}\``,
    TOKEN_ISSUE_TIMEOUT_MS: `\`${timeoutMs}\``,
    TOKEN_ISSUE_RETRIES: `\`${retries}\``,
    BACKEND_AUTH_STRATEGY: `\`${auth.strategy}\``,
    STORAGE_BACKEND: `\`${config.storage.kind}\``,
    REFUND_INTERVAL_MS: `\`${config.refunds.intervalMs}\``,
    REFUND_MIN_AGE_MS: `\`${config.refunds.minAgeMs}\``,
    REFUND_BATCH_SIZE: `\`${config.refunds.batchSize}\``,
    LOG_LEVEL: `\`${config.logLevel}\``,
  })
})
