import { execFile } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { freePort } from '../freePort.ts'
import { startProgram } from '../startProgram.ts'
import { serverUser } from './serverUser.ts'
import type { PostgresServer } from './startPostgres.ts'

const run = promisify(execFile)

/** A server's files as they were at one moment. */
export type PostgresBackup = AsyncDisposable & {
  readonly data: string
  /** Kills the server, and starts it again from these files. */
  restore(): Promise<void>
}

/** A server that follows another one asynchronously. */
export type PostgresStandby = AsyncDisposable & {
  readonly url: string
  readonly port: number
  /** Hears no more of the primary: what is acknowledged from now on it does not have. */
  cutOff(): Promise<void>
  /** Becomes a primary, on a timeline of its own. */
  promote(): Promise<void>
}

/** Copies the files of a running server, as a base backup does. */
export async function backUpPostgres(server: PostgresServer): Promise<PostgresBackup> {
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  const directory = mkdtempSync(join(tmpdir(), 'key0-backup-'))
  own(directory)
  const data = join(directory, 'data')
  const [row] = await sql<{ data: string }[]>`select current_setting('data_directory') as data`
  const from = row?.data ?? ''
  await sql`select pg_backup_start('copy', true)`
  await copy(from, data)
  const [label] = await sql<{ text: string }[]>`select labelfile as text from pg_backup_stop(false)`
  // The end of the backup was written after its segment was copied.
  await copy(join(from, 'pg_wal'), data)
  await sql.end()
  rmSync(join(data, 'postmaster.pid'), { force: true })
  give(join(data, 'backup_label'), label?.text ?? '')
  return {
    data,
    async restore() {
      await server.kill()
      rmSync(from, { recursive: true, force: true })
      await copy(data, from)
      await server.restart()
    },
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true, force: true }),
  }
}

function give(path: string, text: string): void {
  writeFileSync(path, text)
  own(path)
}

/** The server does not run as us. */
function own(path: string): void {
  const { uid, gid } = serverUser
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

/** Files that go away while they are copied are none that a backup needs. */
async function copy(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to]).catch((error: { readonly stderr?: string }) => {
    if (!existsSync(to) || !/No such file/.test(error.stderr ?? '')) throw error
  })
}

/** Starts a standby of a running server, on a port of its own. */
export async function startStandby(
  server: PostgresServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresStandby> {
  const backup = await backUpPostgres(server)
  const { data } = backup
  const port = await freePort()
  give(join(data, 'standby.signal'), '')
  appendFileSync(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${server.port} user=key0'\n`,
  )
  const all = { ...defaults, port: String(port), ...settings }
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const path = join(server.programs.directory, 'postgres')
  const program = startProgram(path, ['-D', data, ...options], data, serverUser)
  const stop = async (): Promise<void> => {
    await program.kill('SIGQUIT')
    await backup[Symbol.asyncDispose]()
  }
  try {
    await program.said(/ready to accept read-only connections/)
    await program.said(/started streaming/)
  } catch (error) {
    await stop()
    throw error
  }
  const url = `postgres://key0@127.0.0.1:${port}/postgres`
  const ask = async (...statements: readonly string[]): Promise<void> => {
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    for (const statement of statements) await sql.unsafe(statement)
    await sql.end()
  }
  return {
    ...{ url, port },
    async cutOff() {
      await ask(`alter system set primary_conninfo = ''`, 'select pg_reload_conf()')
      await program.said(/parameter "primary_conninfo" changed/)
      await ask(`do $$ begin
        while exists (select from pg_stat_wal_receiver) loop
          perform pg_sleep(0.01);
          perform pg_stat_clear_snapshot();
        end loop;
      end $$`)
    },
    promote: () => ask('select pg_promote(true, 30)'),
    [Symbol.asyncDispose]: stop,
  }
}

const defaults = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '120',
  shared_buffers: '64MB',
}
