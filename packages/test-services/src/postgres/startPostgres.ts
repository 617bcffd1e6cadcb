import { execFile } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../freePort.ts'
import { type Program, startProgram } from '../startProgram.ts'
import { createDatabase } from './createDatabase.ts'
import { findPostgresPrograms, type PostgresPrograms } from './findPostgresPrograms.ts'
import { serverUser } from './serverUser.ts'

const run = promisify(execFile)

/** A PostgreSQL server of one's own, on the loopback interface and a free port. */
export type PostgresServer = AsyncDisposable & {
  /** Its maintenance database; use `createDatabase` for one of your own. */
  readonly url: string
  readonly port: number
  readonly programs: PostgresPrograms
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>
  /** Ends every process of it, with no chance to tidy up by default, and keeps its files. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port and files. */
  restart(): Promise<void>
  /** Ends it and starts it again as a standby that follows nobody: it can only be read. */
  demote(): Promise<void>
  /** Ends it and removes its files. */
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL that waits for the disk at every commit.
 *
 * @param settings more of `postgresql.conf`, such as `{ wal_level: 'replica' }`
 * @param given default: the ones found; a container has none, and cannot be killed like this
 * @throws Error that says what to install when there is none, or what the server said
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  given?: PostgresPrograms,
): Promise<PostgresServer> {
  const programs = given ?? (await findPostgresPrograms())
  const directory = mkdtempSync(join(tmpdir(), 'key0-postgres-'))
  const { uid, gid } = serverUser
  if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid)
  const data = join(directory, 'data')
  const port = await freePort()
  const all = { ...defaults, port: String(port), ...settings }
  const args = [
    '-D',
    data,
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const launch = async (): Promise<Program> => {
    const started = startProgram(join(programs.directory, 'postgres'), args, directory, serverUser)
    try {
      await started.said(/ready to accept (?:read-only )?connections/)
      return started
    } catch (error) {
      await started.kill('SIGKILL')
      throw error
    }
  }
  let server: Program
  try {
    await run(join(programs.directory, 'initdb'), ['-D', data, ...initial], {
      ...serverUser,
      cwd: directory,
    })
    server = await launch()
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
  const url = `postgres://key0@127.0.0.1:${port}/postgres`
  const stop = async (): Promise<void> => {
    await server.kill('SIGQUIT')
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    ...{ url, port, programs, stop },
    createDatabase: () => createDatabase(url),
    // The pipes close when the last process of the server is gone: then nothing holds its files.
    kill: (signal = 'SIGKILL') => server.kill(signal),
    async restart() {
      server = await launch()
    },
    async demote() {
      await server.kill('SIGINT')
      writeFileSync(join(data, 'standby.signal'), '')
      server = await launch()
    },
    [Symbol.asyncDispose]: stop,
  }
}

const initial = ['-U', 'key0', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']

const defaults = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  max_connections: '120',
  shared_buffers: '64MB',
}
