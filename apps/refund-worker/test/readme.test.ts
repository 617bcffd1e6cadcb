import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { toConfig } from '../src/config.ts'
import { knownNames, readEnv, secretNames } from '../src/env.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const settings = readme.split('## Settings')[1]?.split('\n## ')[0] ?? ''
const rows = settings
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const namesOf = (cell = ''): string[] => [...cell.matchAll(/`(\w+)`/g)].map((it) => `${it[1]}`)

test('the table of settings names every setting, once, and nothing else', () => {
  const named = rows.flatMap(([, name]) => namesOf(name))
  expect(named.sort()).toEqual([...knownNames()].sort())
})

test('the table says which settings may come from files', () => {
  const marked = rows
    .filter(([, , , meaning]) => meaning?.endsWith('; secret'))
    .flatMap(([, name]) => namesOf(name))
  expect(marked.sort()).toEqual([...secretNames()].sort())
})

test('the defaults in the table are the defaults', () => {
  const config = toConfig(readEnv({ STORAGE_BACKEND: 'embedded' }))
  const said = Object.fromEntries(rows.map(([, name, value]) => [namesOf(name)[0], value]))
  expect(said).toMatchObject({
    KEY0_NETWORK: `\`${config.network}\``,
    PORT: `\`${config.port}\``,
    KEY0_HOST: `\`${config.host}\``,
    REFUND_INTERVAL_MS: `\`${config.refunds.intervalMs}\``,
    REFUND_MIN_AGE_MS: `\`${config.refunds.minAgeMs}\``,
    REFUND_BATCH_SIZE: `\`${config.refunds.batchSize}\``,
    LOG_LEVEL: `\`${config.logLevel}\``,
  })
})
