import { createProbe } from '@key0/app-kit'
import type { PassStatus } from '@key0/refunds'
import { Hono } from 'hono'
import type { Metrics } from './createMetrics.ts'

const LATE_INTERVALS = 3

export type AppOptions = {
  readonly intervalMs: number
  readonly status: () => PassStatus
  readonly askStore: () => Promise<boolean>
  readonly askChain: () => Promise<boolean>
  readonly print: Metrics['print']
}

/** `/healthz`: alive. `/readyz`: what refunds need is there, and they are looked for. */
export function createApp(options: AppOptions): Hono {
  const { intervalMs, status } = options
  const app = new Hono()
  const isStoreWell = createProbe(options.askStore)
  const isChainWell = createProbe(options.askChain)
  app.get('/healthz', (c) => c.json({ status: 'ok', service: 'key0-refund-worker' }))
  app.get('/readyz', async (c) => {
    const [store, chain] = await Promise.all([isStoreWell(), isChainWell()])
    const { lastPassAgeMs } = status()
    const passes = isInTime(status(), intervalMs * LATE_INTERVALS)
    const isReady = store && chain && passes
    const body = {
      status: isReady ? 'ok' : 'error',
      store: toWord(store),
      chain: toWord(chain),
      passes: passes ? 'ok' : 'late',
      ...(lastPassAgeMs !== undefined && { lastPassAgeMs: Math.round(lastPassAgeMs) }),
    }
    return c.json(body, isReady ? 200 : 503)
  })
  app.get('/metrics', async (c) => {
    const { text, contentType } = await options.print()
    return c.body(text, 200, { 'content-type': contentType })
  })
  return app
}

/** A pass ended well lately, or the one that runs began lately. */
function isInTime(
  { lastPassAgeMs = Number.POSITIVE_INFINITY, runningForMs = Number.POSITIVE_INFINITY }: PassStatus,
  lateMs: number,
): boolean {
  return Math.min(lastPassAgeMs, runningForMs) <= lateMs
}

function toWord(isWell: boolean): string {
  return isWell ? 'ok' : 'unreachable'
}
