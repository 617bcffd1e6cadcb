import { pino } from 'pino'
import { banner } from './banner.ts'
import { start } from './compose.ts'
import { toConfig } from './config.ts'
import { currentEnv, readEnv } from './env.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

async function main(): Promise<void> {
  const config = toConfig(readEnv(currentEnv()))
  const log = pino({ level: config.logLevel })
  await using gateway = await start(config, log)
  process.stdout.write(`${banner(config, gateway.port)}\n`)
  await stopped()
  log.info('stopping: no new requests, running ones finish')
} // Leaving the block closes everything in the reverse order of opening.

function stopped(): Promise<void> {
  if (stop.signal.aborted) return Promise.resolve()
  return new Promise((done) => stop.signal.addEventListener('abort', () => done()))
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
