import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { installPackage, untilNobodyInstalls } from '../installPackage.ts'
import { readEnvironment } from '../readEnvironment.ts'

const run = promisify(execFile)

/** A directory with `initdb` and `postgres`, and where it came from. */
export type PostgresPrograms = {
  readonly directory: string
  readonly version: string
  /** `machine`: it was there. `package`: Debian's package was installed for it. */
  readonly rung: 'machine' | 'package'
}

/** Where packages put the programs, a folder per version. */
const homes = ['/usr/lib/postgresql', '/usr/local/lib/postgresql', '/opt/homebrew/opt']

let found: Promise<PostgresPrograms> | undefined

/**
 * The newest PostgreSQL of the machine (`KEY0_TEST_POSTGRES_BIN` names another directory), else
 * Debian's package when we may install it.
 *
 * @throws Error that says what to install, when there is no way to a server
 */
export function findPostgresPrograms(): Promise<PostgresPrograms> {
  found ??= find()
  return found
}

async function find(): Promise<PostgresPrograms> {
  await untilNobodyInstalls()
  const own = lookUp()
  if (own) return { directory: own, version: await versionOf(own), rung: 'machine' }
  const why = await installPackage('postgresql', () => lookUp() !== undefined)
  const installed = lookUp()
  if (installed) {
    return { directory: installed, version: await versionOf(installed), rung: 'package' }
  }
  throw new Error(
    'These tests need a real PostgreSQL and found none.\n' +
      `  Installing Debian's package: ${why}\n` +
      '  Install PostgreSQL 14 or later, or name a running one in KEY0_TEST_DATABASE_URL\n' +
      '  (it is not enough for the tests that kill and restart servers).',
  )
}

function lookUp(): string | undefined {
  const named = readEnvironment('KEY0_TEST_POSTGRES_BIN')
  const onPath = (readEnvironment('PATH') ?? '').split(':')
  const packaged = homes.flatMap(versionsIn).toSorted(newestFirst)
  return [...(named ? [named] : packaged), ...onPath].find(isWhole)
}

function versionsIn(home: string): readonly string[] {
  if (!existsSync(home)) return []
  return readdirSync(home).map((version) => join(home, version, 'bin'))
}

function newestFirst(a: string, b: string): number {
  return versionIn(b) - versionIn(a)
}

function versionIn(directory: string): number {
  return Number(/\d+/.exec(dirname(directory).split('/').at(-1) ?? '')?.[0] ?? 0)
}

function isWhole(directory: string): boolean {
  return ['initdb', 'postgres'].every((program) => existsSync(join(directory, program)))
}

async function versionOf(directory: string): Promise<string> {
  const { stdout } = await run(join(directory, 'postgres'), ['--version'])
  return /\d[\w.]*/.exec(stdout)?.[0] ?? 'unknown'
}
