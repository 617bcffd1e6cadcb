import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A wire between client and server that can be cut at the worst moment. */
export type Proxy = AsyncDisposable & {
  readonly url: string
  /** The next thing a client says reaches the server; the server's answer does not come back. */
  loseNextReply(): void
}

export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isArmed = false
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    let isDoomed = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    }
    client.on('data', (data) => {
      if (isArmed) isDoomed = true
      isArmed = false
      upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (isDoomed) client.destroy()
      else client.write(data)
    })
    client.on('close', () => upstream.end())
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(target)
  url.port = String((server.address() as { readonly port: number }).port)
  return {
    url: url.href,
    loseNextReply() {
      isArmed = true
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
