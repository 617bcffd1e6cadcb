import type { DatabaseSync } from 'node:sqlite'
import type { DocumentStore } from '@key0/core'
import { judgeSwap } from '@key0/core/local'
import { atomically } from './atomically.ts'
import { type SqliteLocation, toPath } from './location.ts'
import { openDatabase } from './openDatabase.ts'

/**
 * Documents in the file of the challenges, over a connection of their own.
 *
 * @throws as `createSqliteStore`
 */
export function createSqliteDocuments(
  location: SqliteLocation,
): DocumentStore & { readonly close: () => void } {
  const db = openDatabase(toPath(location), 'FULL')
  const { get, put, remove, list } = prepareAll(db)
  const read = (name: string): string | undefined => get.get(name)?.body as string | undefined
  let isClosed = false
  return {
    get: async (name) => read(name),
    swap: async (name, before, after) =>
      atomically(db, () => {
        const swapped = judgeSwap(read(name), before, after)
        if (swapped.kind === 'applied' && after !== undefined) put.run(name, after)
        if (swapped.kind === 'applied' && after === undefined) remove.run(name)
        return swapped
      }),
    async list(prefix, { after = '', limit }) {
      const rows = list.all(after, prefix, `${prefix}\u007f`, limit)
      return rows.map(({ name, body }) => ({ name: name as string, text: body as string }))
    },
    close() {
      if (!isClosed) db.close()
      isClosed = true
    },
  }
}

type Statement = ReturnType<DatabaseSync['prepare']>

function prepareAll(db: DatabaseSync): Record<'get' | 'put' | 'remove' | 'list', Statement> {
  return {
    get: db.prepare('select body from documents where name = ?'),
    put: db.prepare(`
      insert into documents (name, body) values (?, ?)
      on conflict (name) do update set body = excluded.body`),
    remove: db.prepare('delete from documents where name = ?'),
    list: db.prepare(`
      select name, body from documents where name > ? and name >= ? and name < ?
      order by name limit ?`),
  }
}
