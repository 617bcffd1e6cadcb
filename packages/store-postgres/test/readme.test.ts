import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PostgresChallengeStore } from '../src/PostgresChallengeStore.ts'
import { PostgresSeenTxStore } from '../src/PostgresSeenTxStore.ts'
import { createDatabases } from './freshDatabase.ts'

const databases = await createDatabases()

test('the example runs as it is printed', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  const { sql } = await databases.fresh()
  const body = example
    .replace(/^import .*$/gm, '')
    .replace('await sql.end()', 'return { store, ok }')
  const names = ['PostgresChallengeStore', 'PostgresSeenTxStore', 'postgres']
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const run = new AsyncFunction(...names, body)
  const { store, ok } = await run(PostgresChallengeStore, PostgresSeenTxStore, () => sql)
  expect(ok).toBe(true)
  expect(await store.get('nobody')).toBeUndefined()
})
