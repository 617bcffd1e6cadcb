import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the ports that systems hand out to connections (32768 and up), so that none takes one while
// its server restarts.
const FIRST = 12_000
const COUNT = 10_000

/** A port of the loopback interface that nobody listens on just now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
