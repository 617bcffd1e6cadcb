import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../freePort.ts'
import { installPackage, untilNobodyInstalls } from '../installPackage.ts'
import { lookUpProgram } from '../lookUpProgram.ts'
import { readEnvironment } from '../readEnvironment.ts'
import { startProgram } from '../startProgram.ts'
import { serverUser } from './serverUser.ts'

/** How many connections to the server the callers share. */
const POOL_SIZE = 4

/** A pooler in transaction mode, in front of one database. */
export type Pooler = AsyncDisposable & {
  /** The database, through the pooler. */
  readonly url: string
  /** Which pooler it is and where it came from, as one sentence. */
  readonly source: string
  /** How many connections to the server its callers share; unknown for one that was named. */
  readonly poolSize: number | undefined
}

/**
 * The pooler that `KEY0_TEST_POOLER_URL` names, whose database must be empty; else PgBouncer, the
 * machine's own or Debian's package when we may install it, in front of the database of `url`.
 *
 * @throws Error that says what to install when there is none, or what PgBouncer said
 */
export async function startPooler(url: string): Promise<Pooler> {
  const named = readEnvironment('KEY0_TEST_POOLER_URL')
  if (named !== undefined) {
    const source = 'Pooler: the one in KEY0_TEST_POOLER_URL.'
    return { url: named, source, poolSize: undefined, [Symbol.asyncDispose]: async () => {} }
  }
  const path = await findPgBouncer()
  const directory = mkdtempSync(join(tmpdir(), 'key0-pgbouncer-'))
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  const port = await freePort()
  const file = join(directory, 'pgbouncer.ini')
  writeFileSync(file, settingsFor(new URL(url), port))
  const { uid, gid } = serverUser
  if (uid !== undefined && gid !== undefined)
    for (const it of [directory, file]) chownSync(it, uid, gid)
  const program = startProgram(path, [file], directory, serverUser)
  const stop = async (): Promise<void> => {
    await program.kill('SIGKILL')
    remove()
  }
  try {
    const said = await program.said(/process up/)
    const version = /PgBouncer (\S+?),? /.exec(`${said} `)?.[1] ?? 'unknown'
    const pooled = new URL(url)
    pooled.host = `127.0.0.1:${port}`
    const source = `PgBouncer ${version}: ${path}.`
    return { url: pooled.href, source, poolSize: POOL_SIZE, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function settingsFor(target: URL, port: number): string {
  const password = target.password ? ` password=${target.password}` : ''
  return `
[databases]
* = host=${target.hostname} port=${target.port || 5_432} user=${target.username}${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
max_client_conn = 200
`
}

async function findPgBouncer(): Promise<string> {
  await untilNobodyInstalls()
  const own = lookUpProgram('pgbouncer')
  if (own) return own
  const why = await installPackage('pgbouncer', () => lookUpProgram('pgbouncer') !== undefined)
  const installed = lookUpProgram('pgbouncer')
  if (installed) return installed
  throw new Error(
    'This test needs a pooler in transaction mode and found none.\n' +
      `  Installing Debian's package: ${why}\n` +
      '  Install pgbouncer, or name an empty database behind a pooler in KEY0_TEST_POOLER_URL.',
  )
}
