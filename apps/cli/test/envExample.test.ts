import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { readEnv } from '../src/env.ts'

const text = await readFile(
  new URL('../../../deploy/compose/.env.example', import.meta.url),
  'utf8',
)

test('the gateway’s environment serves as it is: no name in it is taken for a misspelling', () => {
  const names = [...text.matchAll(/^#?([A-Z0-9_]+)=/gm)].map(([, name]) => `${name}`)
  expect(names.length).toBeGreaterThan(80)
  const env = Object.fromEntries(names.map((name) => [name, 'x']))
  expect(readEnv(env).problems).toEqual([])
  expect(readEnv({ KEY0_ADMIN_TOKEN_FILE: '/secret' }).problems).toEqual([])
})
