/*
 * Prints what the store does on this machine. Run from the package:
 *   node --conditions=@key0/source test/bench.ts
 */
import { join } from 'node:path'
import { createMint } from '@key0/conformance/store'
import { createSqliteStore } from '../src/createSqliteStore.ts'
import { openDatabase } from '../src/openDatabase.ts'
import { temporaryDirectory } from './temporaryDirectory.ts'

const CREATES = 2_000
const CROWD = 1_000_000
const clock = { nowMs: () => Date.now() }
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function measure(run: () => unknown): Promise<number> {
  const startMs = performance.now()
  await run()
  return performance.now() - startMs
}

using directory = temporaryDirectory()
const path = join(directory.path, 'key0.sqlite')
for (const synchronous of ['FULL', 'NORMAL'] as const) {
  const mint = createMint(clock)
  const store = createSqliteStore({ path: `${path}-${synchronous}`, clock, synchronous })
  const ms = await measure(async () => {
    for (let i = 0; i < CREATES; i += 1) await store.create(mint().base, { key: 'create' })
  })
  await store.close()
  say(`creates, synchronous=${synchronous}: ${Math.round((CREATES / ms) * 1000)} per second`)
}

openDatabase(path, 'NORMAL').close()
const filler = openDatabase(path, 'NORMAL')
const body = `json_object('challengeId', 'crowd-' || value, 'state', 'PAID', 'held', 'x')`
filler.exec(`
  with recursive crowd (value) as (select 1 union all select value + 1 from crowd where value < ${CROWD})
  insert into records (id, body, due_at, paid_at, leased_until)
    select 'crowd-' || value, ${body}, 9e15, 1, 8e15 from crowd`)
filler.close()

const openMs = await measure(() => createSqliteStore({ path, clock }).close())
say(`open, ${CROWD} records: ${openMs.toFixed(1)} ms`)
const store = createSqliteStore({ path, clock })
const questions = {
  findPendingForRefund: () => store.findPendingForRefund(new Date(), 50),
  due: () => store.due(new Date(), 50),
  'due PAID': () => store.due(new Date(), 50, 'PAID'),
}
for (const [name, ask] of Object.entries(questions)) {
  await ask()
  const ms = await measure(async () => {
    for (let i = 0; i < 100; i += 1) await ask()
  })
  say(`${name} beside ${CROWD} that are not eligible: ${(ms * 10).toFixed(0)} µs`)
}
await store.close()
