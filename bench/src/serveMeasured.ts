import { serve } from '@hono/node-server'
import type { Hello, Usage } from './MeasuredServer.ts'

/** Serves on a free port of this machine and answers its parent until that says stop. */
export function serveMeasured(
  handle: (request: Request) => Response | Promise<Response>,
  close: () => Promise<void> = async () => {},
): void {
  const server = serve({ fetch: handle, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
    process.send?.({ url: `http://127.0.0.1:${port}` } satisfies Hello)
  })
  let before = process.cpuUsage()
  const stop = async (): Promise<void> => {
    server.close()
    await close()
    process.exit()
  }
  process.on('message', (message) => {
    if (message === 'stop') return void stop()
    const { user, system } = process.cpuUsage(before)
    before = process.cpuUsage()
    const usage: Usage = { cpuUs: user + system, rssBytes: process.memoryUsage.rss() }
    process.send?.(usage)
  })
  process.once('disconnect', () => void stop())
}
