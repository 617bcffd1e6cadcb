import type { Sql } from 'postgres'

/** What the migrations made, from the server's own catalogue, in an order of its own. */
export async function dumpSchema(sql: Sql): Promise<string> {
  const parts: string[] = []
  const tables = await sql<{ oid: number; name: string }[]>`
    select oid::int, relname as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname`
  for (const { oid, name } of tables) parts.push(await dumpTable(sql, oid, name))
  const functions = await sql<{ text: string }[]>`
    select pg_get_functiondef(oid) as text from pg_proc
    where pronamespace = 'public'::regnamespace order by proname`
  return `${[...parts, ...functions.map(({ text }) => `${text.trim()};`)].join('\n\n')}\n`
}

async function dumpTable(sql: Sql, oid: number, name: string): Promise<string> {
  const columns = await sql<{ text: string }[]>`
    select concat_ws(' ', attname, format_type(atttypid, atttypmod),
      case when collname = 'C' then 'collate "C"' end,
      case when attnotnull then 'not null' end,
      case when attidentity <> '' then 'generated always as identity' end,
      case attgenerated when 's' then 'generated always as (' || pg_get_expr(adbin, adrelid)
        || ') stored' else 'default ' || pg_get_expr(adbin, adrelid) end) as text
    from pg_attribute
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    left join pg_collation c on c.oid = attcollation
    where attrelid = ${oid} and attnum > 0 and not attisdropped order by attnum`
  const constraints = await sql<{ text: string }[]>`
    select 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) as text
    from pg_constraint where conrelid = ${oid} and contype <> 'n' order by conname`
  const indexes = await sql<{ text: string }[]>`
    select pg_get_indexdef(indexrelid) || ';' as text from pg_index
    where indrelid = ${oid}
      and indexrelid not in (select conindid from pg_constraint where conrelid = ${oid})
    order by indexrelid::regclass::text`
  const triggers = await sql<{ text: string }[]>`
    select pg_get_triggerdef(oid) || ';' as text from pg_trigger
    where tgrelid = ${oid} and not tgisinternal order by tgname`
  const inside = [...columns, ...constraints].map(({ text }) => `  ${text}`)
  const beside = [...indexes, ...triggers].map(({ text }) => text)
  return [`create table ${name} (\n${inside.join(',\n')}\n);`, ...beside].join('\n')
}
