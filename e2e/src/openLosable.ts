import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@key0/test-services'
import postgres from 'postgres'
import { type Servers, sharedServers } from './servers.ts'

/** A place for a store that can be put back to a copy, or emptied, while nobody has it open. */
export type Losable = AsyncDisposable & {
  readonly servers: Servers
  /** Keeps what is there now; a later call replaces it. */
  readonly backUp: () => Promise<void>
  /** Puts the copy in the place of what is there. */
  readonly rollBack: () => Promise<void>
  /** Leaves nothing, as on a new disk. */
  readonly wipe: () => Promise<void>
}

export type LosableKind = 'sqlite' | 'redis' | 'postgres'

export async function openLosable(kind: LosableKind): Promise<Losable> {
  switch (kind) {
    case 'sqlite':
      return openSqlite()
    case 'redis':
      return await openRedis()
    case 'postgres':
      return await openPostgres()
  }
}

/** The file of the database and those beside it. */
function openSqlite(): Losable {
  const directory = mkdtempSync(join(tmpdir(), 'key0-losable-'))
  const folder = join(directory, 'data')
  const files = filesOf(folder, join(directory, 'copy'))
  mkdirSync(folder)
  return {
    servers: { ...sharedServers, sqlitePath: () => join(folder, 'shop.sqlite') },
    backUp: async () => files.copy(),
    rollBack: async () => files.putBack(),
    wipe: async () => {
      files.remove()
      mkdirSync(folder)
    },
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** The append-only files of a server that forgets nothing by itself. */
async function openRedis(): Promise<Losable> {
  const server = await startRedis({ appendonly: true, appendfsync: 'always' })
  const folder = join(server.directory, 'appendonlydir')
  const files = filesOf(folder, join(server.directory, 'copy'))
  const change = async (work: () => void): Promise<void> => {
    await server.kill()
    work()
    await server.restart()
  }
  return {
    servers: { ...sharedServers, redisUrl: async () => server.url },
    backUp: async () => files.copy(),
    rollBack: async () => await change(files.putBack),
    wipe: async () => await change(files.remove),
    [Symbol.asyncDispose]: server.stop,
  }
}

/** A database beside the one in use, made from it as a template. */
async function openPostgres(): Promise<Losable> {
  const url = new URL(await sharedServers.createDatabase())
  const live = url.pathname.slice(1)
  const copy = `${live}_copy`
  const desk = new URL(url)
  desk.pathname = '/postgres'
  const say = async (...statements: readonly string[]): Promise<void> => {
    const sql = postgres(desk.href, { max: 1, onnotice: () => {} })
    try {
      for (const statement of statements) await sql.unsafe(statement)
    } finally {
      await sql.end()
    }
  }
  const leave = `drop database if exists ${live} with (force)`
  return {
    servers: { ...sharedServers, createDatabase: async () => url.href },
    backUp: () =>
      say(
        `drop database if exists ${copy} with (force)`,
        // What a process left behind in the middle of something may even come back.
        `alter database ${live} allow_connections false`,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${live}'`,
        `create database ${copy} template ${live}`,
        `alter database ${live} allow_connections true`,
      ),
    rollBack: () => say(leave, `create database ${live} template ${copy}`),
    wipe: () => say(leave, `create database ${live}`),
    [Symbol.asyncDispose]: () => say(leave, `drop database if exists ${copy} with (force)`),
  }
}

function filesOf(folder: string, copy: string) {
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  return {
    remove,
    copy: (): void => {
      rmSync(copy, { recursive: true, force: true })
      cpSync(folder, copy, { recursive: true, preserveTimestamps: true })
    },
    putBack: (): void => {
      remove()
      cpSync(copy, folder, { recursive: true, preserveTimestamps: true })
    },
  }
}
