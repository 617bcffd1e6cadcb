import { Key0Error } from '@key0/core'
import { type Logger, pino } from 'pino'
import { describeError } from './logEvent.ts'
import type { LogLevel } from './logLevels.ts'

/** When everything is closed and something still keeps the process alive, it ends all the same. */
const LINGER_MS = 1_000

/** Ctrl-C reaches a process from its terminal and from npm: within this time it is one wish. */
const SAME_WISH_MS = 1_000

export type Program<config extends { readonly logLevel: LogLevel }, running> = {
  /** Reads the configuration, or throws what is wrong with it. */
  readonly configure: () => config
  readonly start: (config: config, log: Logger) => Promise<running>
  /** Printed when it is up. */
  readonly greet: (config: config, running: running) => string
  /** Logged when it was asked to end. */
  readonly farewell: string
}

/** Runs a program until it is asked to end. */
export async function runProgram<
  config extends { readonly logLevel: LogLevel },
  running extends AsyncDisposable,
>(program: Program<config, running>): Promise<void> {
  const stop = untilAsked()
  endOnUncaught()
  try {
    await serve(program, stop)
  } catch (error) {
    const text = Key0Error.is(error) ? `${error.code}: ${error.message}` : whereabouts(error)
    process.stderr.write(`${text}\n`)
    process.exitCode = 1
  } finally {
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

async function serve<
  config extends { readonly logLevel: LogLevel },
  running extends AsyncDisposable,
>(
  { configure, start, greet, farewell }: Program<config, running>,
  stop: Promise<'stopped'>,
): Promise<void> {
  const config = configure()
  const log = pino({ level: config.logLevel })
  const starting = start(config, log)
  const running = await Promise.race([starting, stop])
  if (running === 'stopped') {
    // Nobody is served yet: what is not closed when the process ends is as after a crash.
    starting.then(close, () => undefined)
    return
  }
  process.stdout.write(`${greet(config, running)}\n`)
  await stop
  log.info(farewell)
  await close(running)
}

async function close(running: AsyncDisposable): Promise<void> {
  await running[Symbol.asyncDispose]()
}

/** The first signal asks the program to end; a later one ends it as the system does. */
function untilAsked(): Promise<'stopped'> {
  return new Promise((done) => {
    let askedAtMs: number | undefined
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        askedAtMs ??= performance.now()
        if (performance.now() - askedAtMs < SAME_WISH_MS) return done('stopped')
        process.removeAllListeners(signal)
        process.kill(process.pid, signal)
      })
  })
}

/**
 * What nobody caught leaves nobody in a known state. Everything that matters is stored, so a new
 * process goes on. The text of a foreign error may hold a key, so it is not said.
 */
function endOnUncaught(): void {
  process.on('uncaughtException', (error) => {
    process.stderr.write(`Key0 ends: uncaught ${whereabouts(error)}\n`)
    process.exit(1)
  })
}

/** What was thrown and from where, without its text. */
function whereabouts(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line))
  return [describeError(error) ?? 'nothing', ...frames].join('\n')
}
