import type { Sql } from 'postgres'

/**
 * Makes what empties a store's tables thousands of times: in a third of the time that taking their
 * guards away takes, because a superuser may pass them.
 */
export async function createWipe(sql: Sql): Promise<() => Promise<void>> {
  const found = await sql<{ name: string }[]>`
    select relname as name from pg_class
    where relkind = 'r' and starts_with(relname, 'key0_')
      and relname not in ('key0_migrations', 'key0_stream')`
  const text = `
    set session_replication_role = replica;
    ${found.map(({ name }) => `delete from ${name};`).join('\n')}
    update key0_stream set last = 0;
    set session_replication_role = origin`
  return async () => {
    await sql.unsafe(text)
  }
}
