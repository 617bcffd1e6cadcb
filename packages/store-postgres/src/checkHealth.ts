import type { StoreHealth } from '@key0/core'
import { type Sql, toTemplate } from './Sql.ts'
import { toUnavailable } from './toUnavailable.ts'

type Facts = {
  readonly standby: boolean
  readonly readOnly: string
  readonly synchronousCommit: string
  readonly fsync: string
  readonly fullPageWrites: string
  readonly isolation: string
  readonly replicationRole: string
  readonly unlogged: number
  readonly disabled: number
}

const question = (prefix: string): string => `
  select json_build_object(
    'standby', pg_is_in_recovery(),
    'readOnly', current_setting('transaction_read_only'),
    'synchronousCommit', current_setting('synchronous_commit'),
    'fsync', current_setting('fsync'),
    'fullPageWrites', current_setting('full_page_writes'),
    'isolation', current_setting('transaction_isolation'),
    'replicationRole', current_setting('session_replication_role'),
    'unlogged', (
      select count(*) from pg_class c
      where starts_with(c.relname, '${prefix}') and c.relkind = 'r' and c.relpersistence <> 'p'
        and pg_table_is_visible(c.oid)),
    'disabled', (
      select count(*) from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where starts_with(t.tgname, '${prefix}') and t.tgenabled not in ('O', 'A')
        and pg_table_is_visible(c.oid))
  )::text as answer`

/** Asks the server about itself, and says in words what to set where an answer is not good. */
export async function checkHealth(
  sql: Sql,
  prefix: string,
  ready: () => Promise<void>,
): Promise<StoreHealth> {
  try {
    const [row] = await sql(toTemplate([question(prefix)]))
    const facts = JSON.parse((row as { readonly answer: string }).answer) as Facts
    const refuses = problemsOfPlace(facts)
    if (refuses.length > 0) return { ok: false, durable: false, problems: refuses }
    await ready()
    const lasting = problemsOfDurability(facts)
    const [marks] = await sql(toTemplate([`select ${prefix}lineage() as answer`]))
    const blind = problemsOfLineage((marks as { readonly answer: string }).answer)
    const others = [...blind, ...problemsOfGuards(facts)]
    return { ok: true, durable: lasting.length === 0, problems: [...lasting, ...others] }
  } catch (error) {
    const { message, cause } = toUnavailable('healthCheck', error)
    const why = cause instanceof Error ? cause.message : message
    return { ok: false, durable: false, problems: [`The database cannot be used: ${why}`] }
  }
}

function problemsOfPlace({ standby, readOnly }: Facts): readonly string[] {
  if (standby) return ['The server is a standby: connect to the primary (the writer endpoint).']
  if (readOnly === 'on')
    return ['The connection is read-only: set default_transaction_read_only = off.']
  return []
}

/** What speaks against an acknowledged write surviving a crash of the machine. */
function problemsOfDurability(
  facts: Pick<Facts, 'synchronousCommit' | 'fsync' | 'fullPageWrites' | 'unlogged'>,
): readonly string[] {
  const problems: string[] = []
  if (facts.synchronousCommit === 'off')
    problems.push('The last writes may be lost in a crash: set synchronous_commit = on.')
  if (facts.fsync !== 'on')
    problems.push('A crash of the machine may destroy the database: set fsync = on.')
  if (facts.fullPageWrites !== 'on')
    problems.push('A crash of the machine may tear pages: set full_page_writes = on.')
  if (facts.unlogged > 0)
    problems.push('Some tables are emptied by a crash: alter table … set logged.')
  return problems
}

/** Which losses of acknowledged writes a beat could not tell from the engine's own marks. */
function problemsOfLineage(lineage: string): readonly string[] {
  const [cluster, timeline, ...crash] = lineage.split('/')
  const problems: string[] = []
  if (cluster === '?')
    problems.push(
      'A dump restored into another server would not be noticed by its identifier: ' +
        'grant execute on function pg_control_system() to this role.',
    )
  if (timeline === '?')
    problems.push(
      'A standby promoted with less than was acknowledged would not be noticed by its timeline: ' +
        'grant execute on functions pg_walfile_name, pg_current_wal_insert_lsn to this role.',
    )
  if (crash.includes('?'))
    problems.push(
      'A crash that loses the last writes would not be noticed: set synchronous_commit = on.',
    )
  return problems
}

function problemsOfGuards({ isolation, replicationRole, disabled }: Facts): readonly string[] {
  const problems: string[] = []
  if (disabled > 0)
    problems.push(`Guards are switched off (${disabled}): alter table … enable trigger all.`)
  if (replicationRole === 'replica')
    problems.push('Guards are switched off: set session_replication_role = origin.')
  if (isolation !== 'read committed')
    problems.push(
      'Steps that meet fail instead of waiting: ' +
        "set default_transaction_isolation = 'read committed'.",
    )
  return problems
}
