import { operations, steps } from './sqlFiles.ts'

/** The number of the newest migration: what this release works with. */
export const schemaNumber: number = steps.length

/**
 * What brings a database up to date, whatever it has already, as one statement: one transaction,
 * so it happens whole or not at all, also through a pooler. The lock makes those who start at the
 * same time wait; who comes second finds the ledger's rows and does nothing.
 *
 * Numbered steps run once each. After any step all functions are made again, so that a release
 * which changes one needs a step of its own, even an empty one, and an older release that starts
 * later never puts its own functions back.
 */
export function migrationBlock(tablePrefix: string): string {
  const runs = steps.map(
    (step, index) => `
  if not exists (select from key0_migrations where number = ${index + 1}) then
    execute $key0_step$${step}$key0_step$;
    insert into key0_migrations (number, needs) values (${index + 1}, ${needs[index] ?? 1});
    v_changed := true;
  end if;`,
  )
  const block = `do $key0_all$
declare
  v_changed boolean := false;
begin
  if current_setting('server_version_num')::integer < 140000 then
    raise exception 'Key0 needs PostgreSQL 14 or later' using errcode = '0A000';
  end if;
  perform pg_advisory_xact_lock(hashtextextended('key0_migrations in ' || current_schema(), 0));
  -- Asked of the catalogue's rows: to_regclass may go by a cache from before the lock was ours.
  if not exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relname = 'key0_migrations' and n.nspname = current_schema())
  then
    create table key0_migrations (
      number integer primary key,
      -- The schema number of the oldest release that may still use this database.
      needs integer not null,
      applied_at timestamptz not null default now()
    );
  end if;
${runs.join('\n')}
  if v_changed then
    execute $key0_step$${operations.join('\n')}$key0_step$;
  end if;
end $key0_all$`
  return block.replaceAll('key0_', tablePrefix)
}

/** For each step: the schema number of the oldest release that works after it. */
const needs: readonly number[] = [1, 1]
