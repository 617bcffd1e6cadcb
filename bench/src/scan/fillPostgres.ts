import type { Sql } from 'postgres'
import { idOf, marker } from './template.ts'

const atOnce = 100_000

/**
 * Writes copies of one paid record: its rows in every table, with other numbers in their texts.
 * Triggers are off meanwhile, so what they would have written is written here.
 */
export async function fillPostgres(
  sql: Sql,
  count: number,
  say: (done: number) => void,
): Promise<void> {
  const challenges = await copyOf(sql, 'key0_challenges', 'id', ['paid_at'])
  const claims = await copyOf(sql, 'key0_claims', 'challenge_id', [])
  const trail = await copyOf(sql, 'key0_challenge_audit', 'challenge_id', [])
  for (let first = 0; first < count; first += atOnce) {
    const last = Math.min(first + atOnce, count) - 1
    await sql.begin(async (tx) => {
      await tx.unsafe('set local session_replication_role = replica')
      await tx.unsafe('set local synchronous_commit = off')
      await tx.unsafe(challenges, [first, last])
      await tx.unsafe(claims, [first, last])
      await tx.unsafe(
        `with trail as (${trail} returning id) insert into key0_waiting select id from trail`,
        [first, last],
      )
    })
    if (first % 200_000 === 0) say(first)
  }
  // What the server would do by itself soon.
  await sql.unsafe('vacuum analyze')
}

/** The statement that copies the template's rows of a table, for the numbers from $1 to $2. */
async function copyOf(
  sql: Sql,
  table: string,
  idColumn: string,
  instants: readonly string[],
): Promise<string> {
  const columns = await sql<{ name: string; type: string }[]>`
    select column_name as name, data_type as type from information_schema.columns
    where table_name = ${table} and is_generated = 'NEVER' and is_identity = 'NO'
    order by ordinal_position`
  const values = columns.map(({ name, type }) => {
    const digits = `lpad(n::text, 8, '0')`
    if (type === 'text') return `replace(t.${name}, '${marker}', ${digits})`
    if (type === 'json') return `replace(t.${name}::text, '${marker}', ${digits})::json`
    return instants.includes(name) ? `t.${name} + n * interval '1 millisecond'` : `t.${name}`
  })
  const names = columns.map(({ name }) => name).join(', ')
  return `insert into ${table} (${names})
    select ${values.join(', ')} from generate_series($1::int, $2::int) n
    cross join (select * from ${table} where ${idColumn} = '${idOf(marker)}') t`
}
