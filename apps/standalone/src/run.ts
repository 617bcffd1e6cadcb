import { Key0Error } from '@key0/core'
import { pino } from 'pino'
import { banner } from './banner.ts'
import { type Gateway, start } from './compose.ts'
import { toConfig } from './config.ts'
import { currentEnv, readEnv } from './env.ts'
import { describeError } from './logEvent.ts'

/** When everything is closed and something still keeps the process alive, it ends all the same. */
const LINGER_MS = 1_000

/** Ctrl-C reaches a process from its terminal and from npm: within this time it is one wish. */
const SAME_WISH_MS = 1_000

/** Runs the gateway until it is asked to end. */
export async function run(): Promise<void> {
  const stop = untilAsked()
  endOnUncaught()
  try {
    await serve(stop)
  } catch (error) {
    const text = Key0Error.is(error) ? `${error.code}: ${error.message}` : whereabouts(error)
    process.stderr.write(`${text}\n`)
    process.exitCode = 1
  } finally {
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

async function serve(stop: Promise<'stopped'>): Promise<void> {
  const config = toConfig(readEnv(currentEnv()))
  const log = pino({ level: config.logLevel })
  const starting = start(config, log)
  const gateway = await Promise.race([starting, stop])
  if (gateway === 'stopped') {
    // Nobody is served yet: what is not closed when the process ends is as after a crash.
    starting.then(close, () => undefined)
    return
  }
  process.stdout.write(`${banner(config, gateway)}\n`)
  await stop
  log.info('stopping: no new requests, running ones finish')
  await close(gateway)
}

async function close(gateway: Gateway): Promise<void> {
  await gateway[Symbol.asyncDispose]()
}

/** The first signal asks the gateway to end; a later one ends it as the system does. */
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
