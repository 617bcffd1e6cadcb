import { readdirSync, readFileSync } from 'node:fs'
import { PostgresChallengeStore } from '@key0/store-postgres'
import { startPostgres } from '@key0/test-services'
import postgres, { type Sql } from 'postgres'

/** A store on a server of its own that waits for the disk at every commit, and what was sent. */
export type OpenedPostgres = AsyncDisposable & {
  readonly url: string
  readonly sql: Sql
  readonly store: PostgresChallengeStore
  /** Microseconds of processor time that all processes of the server have used so far. */
  readonly cpuUs: () => Promise<number>
  /** How many statements were sent so far. */
  readonly sent: () => number
}

/** Nothing runs beside what is measured: no vacuum and no checkpoint, for either side. */
const quiet = {
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  max_wal_size: '16GB',
  shared_buffers: '1GB',
}

/** @param max how many connections the driver keeps; its own default is 10 */
export async function openPostgres(max = 10): Promise<OpenedPostgres> {
  const server = await startPostgres(quiet)
  const url = await server.createDatabase()
  let sent = 0
  const debug = (): void => {
    sent += 1
  }
  const sql = postgres(url, { max, debug, onnotice: () => {} })
  const store = new PostgresChallengeStore({ sql })
  await store.get('nobody')
  const postmaster = await findPostmaster(sql)
  return {
    ...{ url, sql, store },
    sent: () => sent,
    cpuUs: async () => readCpuUs(postmaster),
    async [Symbol.asyncDispose]() {
      await sql.end()
      await server.stop()
    },
  }
}

async function findPostmaster(sql: Sql): Promise<string> {
  const [row] = await sql`select pg_backend_pid() as pid`
  return parentOf(String(row?.pid)) ?? ''
}

function readCpuUs(postmaster: string): number {
  const all = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid))
  const ours = all.filter((pid) => pid === postmaster || parentOf(pid) === postmaster)
  return ours.reduce((sum, pid) => sum + cpuOf(pid), 0)
}

/** A process may end between being listed and being asked: then it counts no more. */
function readProc(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}

function parentOf(pid: string): string | undefined {
  return / \S (\d+) /.exec(readProc(pid, 'stat')?.replace(/^.*\)/, ')') ?? '')?.[1]
}

const cpuOf = (pid: string): number =>
  Number(readProc(pid, 'schedstat')?.split(' ')[0] ?? 0) / 1_000
