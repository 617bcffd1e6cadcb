import { Key0Error } from '@key0/core'
import { migrationBlock, schemaNumber } from './migrations.ts'
import { type Sql, toTemplate } from './Sql.ts'
import { toUnavailable } from './toUnavailable.ts'

/**
 * Makes sure, once, that the schema is the one this release works with. A failure is not
 * remembered: the next call asks again. Ten processes that start at once wait for each other.
 *
 * @throws CONFIG_INVALID when the schema is not ours to use; STORE_UNAVAILABLE
 */
export function createReady(
  sql: Sql,
  tablePrefix: string,
  autoMigrate: boolean,
): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= prepare(sql, tablePrefix, autoMigrate).catch((error: unknown) => {
      done = undefined
      throw toUnavailable('migrate', error)
    })
    return done
  }
}

async function prepare(sql: Sql, tablePrefix: string, autoMigrate: boolean): Promise<void> {
  const found = await findNumber(sql, tablePrefix)
  if (found >= schemaNumber) return
  if (!autoMigrate) {
    const there = found === 0 ? 'there is none' : `there is ${found}`
    const expected = `schema ${schemaNumber}, and ${there}: start once with autoMigrate`
    throw new Key0Error('CONFIG_INVALID', { facts: { field: 'autoMigrate', expected } })
  }
  await sql(toTemplate([migrationBlock(tablePrefix)]))
  if ((await findNumber(sql, tablePrefix)) >= schemaNumber) return
  const expected = 'a search_path whose first schema exists and may be written'
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'sql', expected } })
}

/**
 * The number of the schema that is there; 0: none.
 *
 * @throws CONFIG_INVALID when a newer release has changed the schema beyond our understanding
 */
async function findNumber(sql: Sql, tablePrefix: string): Promise<number> {
  const ledger = `${tablePrefix}migrations`
  const [found] = await sql(toTemplate([`select to_regclass('${ledger}')::text as answer`]))
  if (!(found as { answer?: string | null } | undefined)?.answer) return 0
  const rows = await sql(
    toTemplate([`select number::text as answer, needs::text as needs from ${ledger}`]),
  )
  const steps = rows as readonly { readonly answer: string; readonly needs: string }[]
  if (steps.some(({ needs }) => Number(needs) > schemaNumber)) {
    const expected = `schema ${schemaNumber} or one that is compatible with it: upgrade Key0`
    throw new Key0Error('CONFIG_INVALID', { facts: { field: 'sql', expected } })
  }
  return Math.max(0, ...steps.map(({ answer }) => Number(answer)))
}
