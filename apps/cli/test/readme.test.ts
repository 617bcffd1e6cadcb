import { readFile } from 'node:fs/promises'
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
