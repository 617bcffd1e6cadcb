import type { Reader as AnyReader } from '@key0/app-kit'
import type { Setting } from './env.ts'

/** Where metrics are told; absent: nowhere. */
export function readMetricsPort(read: AnyReader<Setting>, port: number): number | undefined {
  if (!read.has('metricsPort')) return undefined
  const own = read.int('metricsPort', 0, { min: 0, max: 65_535 })
  if (own !== 0 && own === port)
    read.fault('metricsPort', 'must not be KEY0_PORT: what is told there is not for buyers')
  return own
}
