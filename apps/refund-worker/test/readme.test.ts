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

test('the example environment names every setting of the refund worker, once, and no other', () => {
  const named = namesUnder(['Both programs', 'Refunds', 'Refund worker'], example)
  expect([...named].sort()).toEqual([...knownNames()].sort())
})

test('the table says which settings may come from files', () => {
  expect([...table.secrets].sort()).toEqual([...secretNames()].sort())
})

test('the defaults in the table are the defaults', () => {
  const config = toConfig(readEnv({ STORAGE_BACKEND: 'embedded' }))
  expect(table.defaults).toMatchObject({
    KEY0_NETWORK: `\`${config.network}\``,
    PORT: `\`${config.port}\``,
    KEY0_HOST: `\`${config.host}\``,
    REFUND_INTERVAL_MS: `\`${config.refunds.intervalMs}\``,
    REFUND_MIN_AGE_MS: `\`${config.refunds.minAgeMs}\``,
    REFUND_BATCH_SIZE: `\`${config.refunds.batchSize}\``,
    LOG_LEVEL: `\`${config.logLevel}\``,
  })
})
