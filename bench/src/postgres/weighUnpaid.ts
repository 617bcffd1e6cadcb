import { openPostgres } from '../stores/openPostgres.ts'
import { callers, mintPurchases, take, workThrough } from '../stores/purchases.ts'

export type Weight = {
  readonly count: number
  readonly bytes: number
  /** Tables and indexes, the largest first, for each challenge. */
  readonly parts: readonly (readonly [name: string, bytes: number])[]
}

/** Fills a server with unpaid challenges and asks it how large its files are. */
export async function weighUnpaid(count: number): Promise<Weight> {
  await using opened = await openPostgres()
  const { sql, store } = opened
  // Only the size counts here, so nobody waits for the disk.
  await sql.unsafe(`alter system set synchronous_commit = off`)
  await sql`select pg_reload_conf()`
  const read = async (): Promise<ReadonlyMap<string, number>> => {
    const rows = await sql`select relname as name, pg_relation_size(oid)::float8 as bytes
      from pg_class where relname like 'key0\\_%' and relkind in ('r', 'i')`
    return new Map(rows.map(({ name, bytes }) => [String(name), Number(bytes)]))
  }
  const before = await read()
  await workThrough(mintPurchases(0, count), callers, (it) => take(store, 'create', it))
  const after = await read()
  const parts = [...after]
    .map(([name, bytes]) => [name, (bytes - (before.get(name) ?? 0)) / count] as const)
    .filter(([, bytes]) => bytes >= 1)
    .sort(([, a], [, b]) => b - a)
  return { count, parts, bytes: parts.reduce((sum, [, bytes]) => sum + bytes, 0) }
}
