import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from '../freePort.ts'
import { type Program, startProgram } from '../startProgram.ts'
import { findRedisServer, type RedisProgram } from './findRedisServer.ts'

export type RedisOptions = {
  /** Keep an append-only file. Default: nothing is kept on disk. */
  readonly appendonly?: boolean
  readonly appendfsync?: 'always' | 'everysec' | 'no'
  /** Such as `"4mb"`. */
  readonly maxmemory?: string
  readonly maxmemoryPolicy?: string
  /** Follows that server; started once the first synchronisation is done. */
  readonly replicaOf?: { readonly port: number }
  /** A node of a cluster that still has to be formed. */
  readonly cluster?: boolean
}

/** A Redis server of one's own, on the loopback interface and a free port. */
export type RedisServer = AsyncDisposable & {
  readonly url: string
  readonly port: number
  readonly program: RedisProgram
  /** Its directory, which stays until `stop`. */
  readonly directory: string
  /** Ends the process with no chance to tidy up by default, and keeps its files. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port and files, after ending it when it still runs. */
  restart(): Promise<void>
  /** Makes a replica a primary. */
  promote(): Promise<void>
  /** Ends the process and removes its files. */
  stop(): Promise<void>
}

/**
 * Starts a real Redis.
 *
 * @throws Error that says what to install when there is none, or what the server said
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const program = await findRedisServer()
  const port = await freePort()
  const busPort = options.cluster ? await freePort() : undefined
  const directory = mkdtempSync(join(tmpdir(), 'key0-redis-'))
  const args = argumentsOf(options, port, busPort)
  const launch = async (): Promise<Program> => {
    const started = startProgram(program.path, args, directory)
    try {
      await started.said(/Ready to accept connections/)
      if (options.replicaOf) await started.said(/REPLICA sync: Finished with success/)
      return started
    } catch (error) {
      await started.kill('SIGKILL')
      throw error
    }
  }
  let process: Program
  try {
    process = await launch()
  } catch (error) {
    rmSync(directory, { recursive: true, force: true })
    throw error
  }
  const stop = async (): Promise<void> => {
    await process.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    ...{ url: `redis://127.0.0.1:${port}`, port, program, directory, stop },
    kill: (signal = 'SIGKILL') => process.kill(signal),
    async restart() {
      await process.kill('SIGTERM')
      process = await launch()
    },
    promote: () => withClient(port, (client) => client.replicaof('NO', 'ONE')),
    [Symbol.asyncDispose]: stop,
  }
}

/** Runs one errand over a connection of its own. */
async function withClient(
  port: number,
  errand: (client: Redis) => Promise<unknown>,
): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true })
  try {
    await client.connect()
    await errand(client)
  } finally {
    client.disconnect()
  }
}

function argumentsOf(options: RedisOptions, port: number, busPort: number | undefined): string[] {
  const { appendonly, appendfsync, maxmemory, maxmemoryPolicy, replicaOf } = options
  const settings: Readonly<Record<string, string | undefined>> = {
    port: String(port),
    bind: '127.0.0.1',
    save: '',
    dir: '.',
    appendonly: appendonly ? 'yes' : 'no',
    appendfsync,
    maxmemory,
    'maxmemory-policy': maxmemoryPolicy,
    'repl-diskless-sync-delay': '0',
    'cluster-enabled': busPort === undefined ? undefined : 'yes',
    'cluster-port': busPort === undefined ? undefined : String(busPort),
    'cluster-node-timeout': busPort === undefined ? undefined : '1000',
  }
  const flat = Object.entries(settings).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  )
  return replicaOf ? [...flat, '--replicaof', '127.0.0.1', String(replicaOf.port)] : flat
}
