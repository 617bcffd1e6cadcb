import { readFile } from 'node:fs/promises'
import { namesUnder } from '@key0/test-services'
import { expect, test } from 'vitest'
import { names } from './Environment.ts'
import { readSettings } from './readSettings.ts'

const example = await readFile(
  new URL('../../../deploy/compose/.env.example', import.meta.url),
  'utf8',
)
const headings = ['Both programs', 'Refunds', 'Gateway', 'Refund worker']

test('the example environment names every variable of a deployment, once, and no other', () => {
  const named = namesUnder(headings, example)
  expect([...named].sort()).toEqual([...new Set(Object.values(names).flat())].sort())
})

test('a program takes what is another’s for no misspelling, and reads nothing of it', () => {
  const all = namesUnder([...headings, 'Compose'], example)
  const env = Object.fromEntries(all.map((name) => [name, `x ${name}`]))
  const { values, problems } = readSettings(env, ['network'])
  expect({ values, problems }).toEqual({ values: { network: 'x KEY0_NETWORK' }, problems: [] })
  expect(readSettings({ KEY0_ADMIN_TOKEN_FILE: '/secret' }, ['network']).problems).toEqual([])
})

test('a name that is no program’s is a misspelling of the nearest one that is', () => {
  const { problems } = readSettings({ KEY0_ADMIN_TOKN: 'x', KEY0_METRICS_PORT_FILE: '' }, [])
  expect(problems).toEqual(['KEY0_ADMIN_TOKN is not a setting; did you mean KEY0_ADMIN_TOKEN?'])
})
