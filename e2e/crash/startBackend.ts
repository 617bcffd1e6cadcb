import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the backend does with the next request for a token. */
type BackendMode =
  | 'ok'
  /** Answers 500: nothing was issued. */
  | 'fail'
  /** Issues, and does not answer. */
  | 'hold'

/** A seller's backend that mints once for each idempotency key, as it is told to. */
export type Backend = AsyncDisposable & {
  readonly url: string
  setMode: (mode: BackendMode | ((idempotencyKey: string) => BackendMode)) => void
  /** Runs when a request has come in, before it is answered. */
  setBeforeAnswer: (hook: (() => unknown) | undefined) => void
  /** Resolves when the next request comes in. */
  readonly nextRequest: () => Promise<void>
  /** How many different keys a token was minted for. */
  readonly minted: () => number
}

export async function startBackend(host: string = '127.0.0.1'): Promise<Backend> {
  let mode: (key: string) => BackendMode = () => 'ok'
  let beforeAnswer: (() => unknown) | undefined
  let waiting: (() => void)[] = []
  const minted = new Map<string, string>()
  const held = new Set<ServerResponse>()

  const server = createServer((request, response) => {
    request.resume().once('end', async () => {
      const key = `${request.headers['idempotency-key']}`
      const does = mode(key)
      for (const announce of waiting) announce()
      waiting = []
      if (does === 'fail') {
        response.writeHead(500).end()
        return
      }
      const token = minted.get(key) ?? `token-${createHash('sha256').update(key).digest('hex')}`
      minted.set(key, token)
      if (does === 'hold') {
        held.add(response)
        return
      }
      await beforeAnswer?.()
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }))
    })
  })
  await new Promise<void>((done) => server.listen(0, host, done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}`,
    setMode: (next) => {
      mode = typeof next === 'function' ? next : () => next
    },
    setBeforeAnswer: (hook) => {
      beforeAnswer = hook
    },
    nextRequest: () => new Promise((done) => waiting.push(done)),
    minted: () => minted.size,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}
