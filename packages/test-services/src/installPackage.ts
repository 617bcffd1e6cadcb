import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readEnvironment } from './readEnvironment.ts'

const run = promisify(execFile)
const lock = join(tmpdir(), 'key0-test-services-install.lock')
const pidFile = join(lock, 'pid')

/** How long a lock may stand without the name of its holder, which is written right after it. */
const NAMELESS_MS = 5_000

/**
 * Installs one of Debian's packages without letting it start a server of its own. Test files run
 * side by side, and the system's package manager does not wait for itself: one process installs,
 * the others wait for it.
 *
 * @param isThere Whether what the package brings is there; asked again once it is our turn.
 * @returns how it went, as a sentence for whoever finds that it did not help
 */
export async function installPackage(name: string, isThere: () => boolean): Promise<string> {
  if (process.getuid?.() !== 0) return 'not tried, because only root may.'
  if (!existsSync('/usr/bin/apt-get')) return 'not tried, because this machine has no apt-get.'
  await untilOurTurn()
  try {
    if (isThere()) return 'another process installed it.'
    return await install(name)
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** Waits while another process installs: half a package is worse than none. */
export async function untilNobodyInstalls(): Promise<void> {
  while (isHeld()) await pause()
}

async function install(name: string): Promise<string> {
  // With RUNLEVEL=1 the package's scripts find nothing to start: no server is left on its port.
  const env = { PATH: readEnvironment('PATH'), DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const options = ['install', '-y', '-qq', '--no-install-recommends', name]
  try {
    await run('apt-get', ['update', '-qq'], { env, timeout: 120_000 })
    await run('apt-get', options, { env, timeout: 300_000 })
    return 'it was installed, but did not bring what it should.'
  } catch (error) {
    return `failed. ${String(error).split('\n').slice(-3).join(' ')}`
  }
}

async function untilOurTurn(): Promise<void> {
  for (;;) {
    try {
      mkdirSync(lock)
      writeFileSync(pidFile, `${process.pid}`)
      return
    } catch {
      if (isHeld()) await pause()
      else rmSync(lock, { recursive: true, force: true })
    }
  }
}

/** Whether somebody who is still alive holds the lock. */
function isHeld(): boolean {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 0)
    return true
  } catch {
    return isYoung()
  }
}

function isYoung(): boolean {
  try {
    return !existsSync(pidFile) && Date.now() - statSync(lock).mtimeMs < NAMELESS_MS
  } catch {
    return false
  }
}

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 100))
}
