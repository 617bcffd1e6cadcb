import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Hash } from '@key0/core'

/** One line of a seller's books, as `onPaid` told it. */
type Line = {
  readonly idempotencyKey: string
  readonly challengeId: string
  readonly txHash: Hash
}

/** A seller's own books, behind a server of their own. */
export type Books = Disposable & {
  readonly url: string
  /** What was written down, repetitions too. */
  readonly lines: readonly Line[]
  /** Every attempt to write something down. */
  readonly asked: () => number
  /** What becomes of the next lines; a function runs once a line is written, before that is said. */
  setConduct: (conduct: 'refuse' | 'hang' | 'keep' | (() => unknown)) => void
}

export async function startBooks(): Promise<Books> {
  const lines: Line[] = []
  let conduct: Parameters<Books['setConduct']>[0] = 'keep'
  let asked = 0
  const server = createServer(async (request, response) => {
    const line = (await json(request)) as Line
    asked += 1
    if (conduct === 'hang') return
    if (conduct === 'refuse') return response.writeHead(500).end()
    lines.push(line)
    if (typeof conduct === 'function') await conduct()
    return response.writeHead(204).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lines,
    asked: () => asked,
    setConduct: (next) => {
      conduct = next
    },
    [Symbol.dispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}
