import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readEnvironment } from './readEnvironment.ts'
import { outlive } from './startProgram.ts'

/** One of our programs as a process of its own. */
export type SpawnedProgram = AsyncDisposable & {
  /** What it printed so far, on both streams or on one. */
  readonly output: (stream?: 'stdout' | 'stderr') => string
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string | null>
  readonly signal: (name: 'SIGTERM' | 'SIGINT' | 'SIGUSR2') => void
  /** SIGTERM, and waits until it is gone. */
  readonly stop: () => Promise<void>
  /** kill -9, and waits until it is gone. */
  readonly kill: () => Promise<void>
}

/** A program that ended by itself leaves its compiled modules here; the next starts in half the time. */
const compileCache = join(tmpdir(), 'key0-tests-compile-cache')

/**
 * Starts a program from its source and waits for nothing. A test that ran out of time disposes of
 * nothing, so the program does not outlive this process, even a killed one.
 *
 * @param env all it is given, besides the path to programs
 */
export function spawnProgram(
  path: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): SpawnedProgram {
  const child = spawn(process.execPath, ['--conditions=@key0/source', path, ...args], {
    env: { PATH: readEnvironment('PATH'), NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const watcher = child.pid === undefined ? undefined : outlive(child.pid)
  child.once('close', () => watcher?.kill('SIGKILL'))
  const printed = { both: '', stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      printed[stream] += text
      printed.both += text
    })
  const exited = new Promise<number | string | null>((done) =>
    child.once('close', (code, signal) => done(code ?? signal)),
  )
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal)
    await exited
  }
  const kill = (): Promise<void> => end('SIGKILL')
  return {
    output: (stream) => printed[stream ?? 'both'],
    exited,
    signal: (name) => void child.kill(name),
    stop: () => end('SIGTERM'),
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

/** Waits for the last line of a program's banner: then it listens. */
export async function untilUp(program: SpawnedProgram): Promise<SpawnedProgram> {
  const isUp = (): boolean => program.output().includes('Keys held')
  const ended = program.exited.then(() => 'ended' as const)
  while (!isUp()) {
    const pause = new Promise((done) => setTimeout(done, 20))
    if ((await Promise.race([pause, ended])) === 'ended')
      throw new Error(`The program did not start:\n${program.output()}`)
  }
  return program
}

/** Where a program listens, once it does. */
export async function urlOf(program: SpawnedProgram): Promise<string> {
  await untilUp(program)
  return `http://127.0.0.1:${/Port +(\d+)/.exec(program.output())?.[1]}`
}
