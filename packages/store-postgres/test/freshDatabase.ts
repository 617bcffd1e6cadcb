import { findPostgres, type SharedPostgres } from '@key0/test-services'
import type { Sql } from 'postgres'
import { afterAll } from 'vitest'
import { connect } from './connect.ts'

/** Empty databases for the tests of one file; everything is closed behind them. */
export async function createDatabases(): Promise<{
  readonly server: SharedPostgres
  /** A client, and more of them to the same database. */
  fresh(options?: object): Promise<{ readonly sql: Sql; readonly url: string; another(): Sql }>
}> {
  const server = await findPostgres()
  const clients: Sql[] = []
  const open = (url: string, options: object | undefined): Sql => {
    const sql = connect(url, options)
    clients.push(sql)
    return sql
  }
  afterAll(async () => {
    await Promise.all(clients.map((sql) => sql.end({ timeout: 1 })))
    await server.stop()
  })
  return {
    server,
    async fresh(options) {
      const url = await server.createDatabase()
      return { sql: open(url, options), url, another: () => open(url, options) }
    },
  }
}
