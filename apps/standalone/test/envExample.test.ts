import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { knownNames, readEnv } from '../src/env.ts'

const text = await readFile(
  new URL('../../../deploy/compose/.env.example', import.meta.url),
  'utf8',
)
const sections = text.split(/^## /m)

/** The variables under a heading that begins so, set or not. */
function namesUnder(heading: string): readonly string[] {
  const section = sections.find((each) => each.startsWith(heading)) ?? ''
  return [...section.matchAll(/^#?([A-Z0-9_]+)=/gm)].map(([, name]) => `${name}`)
}

test('the example environment names every setting of the gateway, once, and no other', () => {
  const named = ['Both programs', 'Refunds', 'Gateway'].flatMap(namesUnder)
  expect(named.sort()).toEqual([...knownNames()].sort())
})

test('copied as it is, it is read without a word against any name', () => {
  const names = ['Both programs', 'Refunds', 'Gateway', 'Refund worker', 'Compose']
  const env = Object.fromEntries(names.flatMap(namesUnder).map((name) => [name, 'x']))
  expect(readEnv(env).problems).toEqual([])
})
