import postgres from 'postgres'
import { startContainer } from '../containers/startContainer.ts'
import { readEnvironment } from '../readEnvironment.ts'
import { createDatabase } from './createDatabase.ts'
import type { PostgresPrograms } from './findPostgresPrograms.ts'
import { startPostgres } from './startPostgres.ts'

/** A server to share: every user takes a database of its own. */
export type SharedPostgres = {
  /** Which server it is and where it came from, as one sentence. */
  readonly source: string
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>
  stop(): Promise<void>
}

const image = 'postgres:16-alpine'

const origins: Readonly<Record<PostgresPrograms['rung'], string>> = {
  machine: "the machine's own",
  npm: 'the one that npm brought:',
  package: "Debian's package, installed for this run:",
}

/**
 * The server that `KEY0_TEST_DATABASE_URL` names, else one in a container where a Docker engine
 * answers, else one started for us from programs. A named one is never stopped, and it is an error
 * when it does not answer: a test run must not pass on another server than the one that was asked
 * for.
 */
export async function findPostgres(): Promise<SharedPostgres> {
  const shared = await find()
  // Every test file has a server of its own, so only here the run can say which it used.
  process.stdout.write(`${shared.source}\n`)
  return shared
}

async function find(): Promise<SharedPostgres> {
  const url = readEnvironment('KEY0_TEST_DATABASE_URL')
  if (url !== undefined) {
    await ping(url)
    return {
      source: 'PostgreSQL: the one in KEY0_TEST_DATABASE_URL.',
      createDatabase: () => createDatabase(url),
      stop: async () => {},
    }
  }
  const container = await startContainer({
    // It starts a first time to make its databases, where nobody can reach it.
    ...{ image, port: 5_432, ready: [/ready to accept connections/, 2] },
    environment: { POSTGRES_USER: 'key0', POSTGRES_PASSWORD: 'key0', POSTGRES_DB: 'postgres' },
    command: ['postgres', '-c', 'max_connections=120', '-c', 'shared_buffers=64MB'],
  })
  if (typeof container !== 'string') {
    const { address, stop } = container
    const maintenance = `postgres://key0:key0@${address}/postgres`
    const source = `PostgreSQL: a container of ${image}.`
    return { source, createDatabase: () => createDatabase(maintenance), stop }
  }
  const server = await startPostgres()
  const { version, rung, directory } = server.programs
  const source = `PostgreSQL ${version}: ${origins[rung]} ${directory}; ${container}`
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
