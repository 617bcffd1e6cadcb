import { Key0Error } from '@key0/core'
import { pino } from 'pino'
import { banner } from './banner.ts'
import { type Gateway, start } from './compose.ts'
import { toConfig } from './config.ts'
import { currentEnv, readEnv } from './env.ts'
import { describeError } from './logEvent.ts'

/** When everything is closed and something still keeps the process alive, it ends all the same. */
const LINGER_MS = 1_000

// The first signal asks the gateway to end; the second one ends it as the system does.
const stop = new Promise<'stopped'>((done) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done('stopped'))
})

// What nobody caught leaves nobody in a known state. Everything that matters is stored, so a new
// process goes on. Only names are said: the text or the stack of a foreign error may hold a key.
process.on('uncaughtException', (error) => {
  process.stderr.write(`Key0 ends: uncaught ${describeError(error) ?? 'nothing'}\n`)
  process.exit(1)
})

async function main(): Promise<void> {
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

main()
  .catch((error: unknown) => {
    const text = Key0Error.is(error) ? `${error.code}: ${error.message}` : describeError(error)
    process.stderr.write(`${text}\n`)
    process.exitCode = 1
  })
  .finally(() => setTimeout(() => process.exit(), LINGER_MS).unref())
