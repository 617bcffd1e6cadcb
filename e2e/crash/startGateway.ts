import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The standalone program as a process of its own, from its source. */
export type GatewayProcess = {
  /** Everything it printed so far. */
  readonly output: () => string
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string | null>
  readonly signal: (name: 'SIGTERM' | 'SIGINT' | 'SIGUSR2') => void
  /** kill -9, and waits until it is gone. */
  readonly kill: () => Promise<void>
}

export type Env = Readonly<Record<string, string>>

const program = fileURLToPath(new URL('../../apps/standalone/src/main.ts', import.meta.url))
const running = new Set<ChildProcess>()
// A test that ran out of time disposes of nothing: its gateway must not outlive the run.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const compileCache = join(tmpdir(), 'key0-crash-compile-cache')

/** Spawns the gateway without waiting for anything. */
export function spawnGateway(env: Env): GatewayProcess {
  return spawnProgram(program, env)
}

/** Spawns one of our programs from its source. */
export function spawnProgram(path: string, env: Env, args: readonly string[] = []): GatewayProcess {
  const child = spawn(process.execPath, ['--conditions=@key0/source', path, ...args], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  const exited = new Promise<number | string | null>((done) =>
    child.once('close', (code, signal) => done(code ?? signal)),
  )
  return {
    output: () => printed,
    exited,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

let warmed: Promise<unknown> | undefined

/**
 * One run that ends by itself leaves its compiled modules behind; one that is killed does not.
 * This halves what every later start costs.
 */
async function warmUp(): Promise<void> {
  warmed ??= spawnGateway({}).exited
  await warmed
}

/** Spawns the gateway and waits for its banner: then it listens. */
export async function startGateway(env: Env): Promise<GatewayProcess> {
  await warmUp()
  return await untilUp(spawnGateway(env))
}

/** Waits for the last line of a program's banner. */
export async function untilUp(program: GatewayProcess): Promise<GatewayProcess> {
  const isUp = (): boolean => program.output().includes('Keys held')
  const ended = program.exited.then(() => 'ended' as const)
  while (!isUp()) {
    const pause = new Promise((done) => setTimeout(done, 20))
    if ((await Promise.race([pause, ended])) === 'ended')
      throw new Error(`The program did not start:\n${program.output()}`)
  }
  return program
}
