import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '@key0/store-sqlite'
import { expect, test } from 'vitest'
import { knownNames } from '../src/env.ts'
import { key0 } from './rig.ts'

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')

test('the README names every variable that is read', () => {
  for (const name of knownNames()) expect(readme).toContain(`\`${name}\``)
})

test('the README names every command and every option', async () => {
  const { out } = await key0({}, '--help')
  const commands = /key0 ([a-z|-]+)/.exec(out)?.[1]?.split('|') ?? []
  expect(commands.length).toBeGreaterThan(10)
  for (const command of commands) {
    expect(readme).toMatch(RegExp(`\`${command}[ \`]`))
    const help = await key0({}, command, '--help')
    const options = [...help.out.matchAll(/(?<![\w-])--[a-z-]+/g)].map(([name]) => name)
    for (const name of options) expect(readme).toContain(name)
  }
}, 60_000)

test('the commands that docs/webhooks.md shows are understood', async () => {
  const page = await readFile(new URL('../../../docs/webhooks.md', import.meta.url), 'utf8')
  const lines = /```sh\n([\s\S]+?)\n```/.exec(page)?.[1]?.split('\n') ?? []
  expect(lines.length).toBeGreaterThan(5)
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-documents-'))
  await createSqliteStore({ dataDir }).close()
  const answers: unknown[] = []
  for (const line of lines) {
    const words = line.match(/"[^"]*"|\S+/g) ?? []
    const [program, ...args] = words.map((word) => word.replaceAll('"', ''))
    expect(program).toBe('key0')
    const { code, json } = await key0({ KEY0_DATA_DIR: dataDir }, ...args, '--json')
    answers.push(code === 0 ? json : json.error.code)
  }
  await rm(dataDir, { recursive: true, force: true })
  // Nobody registered the endpoint that the page names.
  expect(answers).toEqual(lines.map((line) => (line.endsWith('list') ? [] : 'DELIVERY_UNKNOWN')))
}, 60_000)
