import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** A wire between a client and a server that can lose a reply after the server did the work. */
export type LossyProxy = AsyncDisposable & {
  readonly port: number
  /**
   * The next thing the server says is thrown away and its connection cut: the work is done, and
   * nobody was told. Resolves when that has happened.
   */
  loseNextReply(): Promise<void>
  /** Cuts every connection now: what is on its way either way is lost. */
  cutAll(): void
  /** What the server says from now on takes so long to arrive. */
  delayReplies(ms: number): void
  stop(): Promise<void>
}

/**
 * Listens on a free loopback port and passes everything on to `target`, until told otherwise. The
 * port is read anew for each connection, so that it may move to another server.
 */
export async function startLossyProxy(target: { readonly port: number }): Promise<LossyProxy> {
  const sockets = new Set<Socket>()
  let lose: (() => void) | undefined
  let delayMs = 0
  const server = createServer((client) => {
    const upstream = connect(target.port, '127.0.0.1')
    const close = (): void => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', close).on('close', () => {
        sockets.delete(socket)
        close()
      })
    }
    // A wire may be slow, but it never lets later bytes overtake earlier ones.
    let told: Promise<unknown> = Promise.resolve()
    client.on('data', (data) => upstream.write(data))
    upstream.on('data', (data) => {
      if (lose === undefined) {
        const arrived = delayMs === 0 ? undefined : setTimeout(delayMs)
        told = told.then(() => arrived).then(() => client.write(data))
        return
      }
      const lost = lose
      lose = undefined
      close()
      lost()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('A port was expected.')
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  }
  return {
    port: address.port,
    loseNextReply: () =>
      new Promise((resolve) => {
        lose = resolve
      }),
    cutAll: () => {
      for (const socket of sockets) socket.destroy()
    },
    delayReplies: (ms) => {
      delayMs = ms
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
