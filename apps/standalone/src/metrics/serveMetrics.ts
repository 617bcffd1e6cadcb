import { type Serving, serveHttp } from '@key0/app-kit'
import { Hono } from 'hono'
import type { GatewayConfig } from '../GatewayConfig.ts'
import type { Metrics } from './createMetrics.ts'

/**
 * Serves `GET /metrics` on a port of its own: it asks nobody who he is, so it is for the inside.
 *
 * @throws CONFIG_INVALID when the port or the address is not to be had.
 */
export async function serveMetrics(
  { host, metricsPort: port = 0 }: Pick<GatewayConfig, 'host' | 'metricsPort'>,
  print: Metrics['print'],
): Promise<Serving> {
  const app = new Hono()
  app.get('/metrics', async (c) => {
    const { text, contentType } = await print()
    return c.body(text, 200, { 'content-type': contentType })
  })
  return serveHttp({ fetch: app.fetch, host, port, setting: 'KEY0_METRICS_PORT' })
}
