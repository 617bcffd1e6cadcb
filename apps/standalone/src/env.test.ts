import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readEnv, secretNames } from './env.ts'

const directory = mkdtempSync(join(tmpdir(), 'key0-env-'))
afterAll(() => rmSync(directory, { recursive: true }))

function fileWith(text: string): string {
  const path = join(directory, 'secret')
  writeFileSync(path, text)
  return path
}

test.each(secretNames())('%s may come from a file', (name) => {
  const { values, problems } = readEnv({ [`${name}_FILE`]: fileWith('the secret\n') })
  expect(problems).toEqual([])
  expect(Object.values(values)).toEqual(['the secret'])
})

test('a setting that is no secret comes from no file', () => {
  expect(readEnv({ KEY0_PORT_FILE: fileWith('80') }).problems).toEqual([
    'KEY0_PORT_FILE is not a setting; did you mean KEY0_PORT?',
  ])
})

test('a file that cannot be read, an empty one, and a value beside it are mistakes', () => {
  const name = 'GAS_WALLET_PRIVATE_KEY'
  const problemsOf = (env: Record<string, string>) => readEnv(env).problems.join()
  expect(problemsOf({ [`${name}_FILE`]: '/nowhere' })).toContain('cannot be read')
  expect(problemsOf({ [`${name}_FILE`]: fileWith(' \n') })).toContain('an empty file')
  const both = problemsOf({ [`${name}_FILE`]: fileWith('a'), [name]: 'canary' })
  expect(both).toContain('are both set')
  expect(both).not.toContain('canary')
})
