import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { installPackage, untilNobodyInstalls } from '../installPackage.ts'
import { lookUpProgram } from '../lookUpProgram.ts'

const run = promisify(execFile)

/** A program that serves Redis, and where it came from. */
export type RedisProgram = {
  readonly path: string
  readonly version: string
  /** `machine`: it was there. `package`: Debian's package was installed for it. */
  readonly rung: 'machine' | 'package'
}

let found: Promise<RedisProgram> | undefined

/**
 * The machine's own `redis-server`, else Debian's package when we may install it; npm ships none
 * that runs everywhere. Suites that kill, restart, promote and cluster servers take this way even
 * where a Docker engine answers: a program is killed and back on its files in milliseconds, on the
 * port that its replicas and clients know.
 *
 * @throws Error that says what to install, when there is no way to a server
 */
export function findRedisServer(): Promise<RedisProgram> {
  found ??= find()
  return found
}

async function find(): Promise<RedisProgram> {
  await untilNobodyInstalls()
  const own = lookUpProgram('redis-server')
  if (own) return { path: own, version: await versionOf(own), rung: 'machine' }
  const why = await installPackage(
    'redis-server',
    () => lookUpProgram('redis-server') !== undefined,
  )
  const installed = lookUpProgram('redis-server')
  if (installed) return { path: installed, version: await versionOf(installed), rung: 'package' }
  throw new Error(
    'These tests need a real Redis and found none.\n' +
      `  Installing Debian's package: ${why}\n` +
      '  Install redis-server 7 or later, or name a running one in KEY0_TEST_REDIS_URL\n' +
      '  (it is not enough for the tests that kill and restart servers).',
  )
}

async function versionOf(path: string): Promise<string> {
  const { stdout } = await run(path, ['--version'])
  return /v=(\S+)/.exec(stdout)?.[1] ?? 'unknown'
}
