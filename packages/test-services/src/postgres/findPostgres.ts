import postgres from 'postgres'
import { readEnvironment } from '../readEnvironment.ts'
import { createDatabase } from './createDatabase.ts'
import { startPostgres } from './startPostgres.ts'

/** A server to share: every user takes a database of its own. */
export type SharedPostgres = {
  /** Which server it is and where it came from, as one sentence. */
  readonly source: string
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>
  stop(): Promise<void>
}

/**
 * The server that `KEY0_TEST_DATABASE_URL` names, else one started for us. A named one is never
 * stopped, and it is an error when it does not answer: a test run must not pass on another server
 * than the one that was asked for.
 */
export async function findPostgres(): Promise<SharedPostgres> {
  const url = readEnvironment('KEY0_TEST_DATABASE_URL')
  if (url !== undefined) {
    await ping(url)
    return {
      source: 'PostgreSQL: the one in KEY0_TEST_DATABASE_URL.',
      createDatabase: () => createDatabase(url),
      stop: async () => {},
    }
  }
  const server = await startPostgres()
  const { version, rung, directory } = server.programs
  const from =
    rung === 'machine' ? "the machine's own" : "Debian's package, installed for this run:"
  const source = `PostgreSQL ${version}: ${from} ${directory}.`
  return { source, createDatabase: server.createDatabase, stop: server.stop }
}

async function ping(url: string): Promise<void> {
  const sql = postgres(url, { max: 1 })
  try {
    await sql`select 1`
  } catch (error) {
    throw new Error('The PostgreSQL in KEY0_TEST_DATABASE_URL does not answer.', { cause: error })
  } finally {
    await sql.end()
  }
}
