import type { Observe } from '@key0/core'
import { Counter, collectDefaultMetrics, type Gauge, Registry } from 'prom-client'
import { remember } from '../remember.ts'

/** However many look, the store and the chain are asked once in this time. */
const METRICS_TTL_MS = 2_000

/** Sets a gauge, or leaves it empty when what it tells could not be asked. */
type Read = (gauge: Gauge, of: string, ask: () => Promise<void>) => Promise<void>

/** What an operator watches of one program. */
export type Meters = {
  /** Where its counters and gauges are. */
  readonly registers: Registry[]
  readonly read: Read
  /** Counts what an engine tells. */
  readonly observe: Observe
  /** Everything in the text format of Prometheus, and its content type. */
  readonly print: () => Promise<{ readonly text: string; readonly contentType: string }>
}

/** The process and its event loop, alerts, and readings that failed: the same in every program. */
export function createMeters(): Meters {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const alerts = new Counter({
    name: 'key0_alerts_total',
    help: 'Log lines that say that money or a promise is in danger.',
    registers,
  })
  const failures = new Counter({
    name: 'key0_reading_failures_total',
    help: 'Readings for these metrics that failed; what could not be asked is left out.',
    labelNames: ['of'],
    registers,
  })
  return {
    registers,
    read: async (gauge, of, ask) => {
      gauge.reset()
      await ask().catch(() => failures.inc({ of }))
    },
    observe: (event) => {
      if (event.name === 'alert') alerts.inc()
    },
    print: remember(async () => {
      const text = await registry.metrics()
      return { text, contentType: registry.contentType }
    }, METRICS_TTL_MS),
  }
}
