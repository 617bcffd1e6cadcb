import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { PGlite } from '@electric-sql/pglite'
import { createMint, createSteeredClock, storeConformance } from '@key0/conformance/store'
import { afterAll, expect, test } from 'vitest'
import { createWipe } from '../test/createWipe.ts'
import { PostgresChallengeStore } from './PostgresChallengeStore.ts'
import type { Sql } from './Sql.ts'

type Opened = {
  readonly db: PGlite
  readonly sql: Sql
  readonly store: PostgresChallengeStore
}

/** Runs the README's second example as it is printed, but in memory. */
async function openPrinted(): Promise<Opened> {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const example = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][1]?.[1] ?? ''
  const body = stripTypeScriptTypes(example)
    .replace(/^import .*$/gm, '')
    .replace('./key0-data', 'memory://')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  const names = ['PGlite', 'PostgresChallengeStore']
  const run = new AsyncFunction(...names, `${body}\nreturn { db, sql, store }`)
  return run(PGlite, PostgresChallengeStore)
}

const { db, sql, store: printed } = await openPrinted()
await printed.get('nobody')
const wipe = await createWipe(sql, (text) => db.exec(text))
afterAll(() => db.close())

test('the example for an engine inside the process runs as it is printed', async () => {
  expect((await printed.healthCheck()).ok).toBe(true)
  expect(await printed.get('nobody')).toBeUndefined()
})

// There is one session, so the peer shares it: laws of races prove the order of turns, no more.
storeConformance({
  test,
  async rig(retention) {
    await wipe()
    const clock = createSteeredClock()
    const store = new PostgresChallengeStore({ sql, clock, retention })
    const peer = new PostgresChallengeStore({ sql, clock, retention })
    const dispose = async () => {}
    return { store, peer, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
  },
})
