import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { PostgresChallengeStore } from '../src/PostgresChallengeStore.ts'
import type { Sql } from '../src/Sql.ts'

type Opened = {
  readonly db: PGlite
  readonly sql: Sql
  readonly store: PostgresChallengeStore
}

/** Runs the README's second example as it is printed, but in memory. */
export async function openPglite(): Promise<Opened> {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][1]?.[1] ?? ''
  const body = stripTypeScriptTypes(example)
    .replace(/^import .*$/gm, '')
    .replace('./key0-data', 'memory://')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const run = new AsyncFunction(
    ...['PGlite', 'PostgresChallengeStore'],
    `${body}\nreturn { db, sql, store }`,
  )
  return run(PGlite, PostgresChallengeStore)
}
