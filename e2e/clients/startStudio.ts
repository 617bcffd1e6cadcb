import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A seller's server behind the gateway: no two of its answers are alike. */
export type Studio = AsyncDisposable & { readonly url: string; readonly made: () => number }

export async function startStudio(): Promise<Studio> {
  let made = 0
  const server = createServer((request, response) => {
    made += 1
    const photo = JSON.stringify({ photo: request.url, number: made })
    response.writeHead(200, { 'content-type': 'application/json' }).end(photo)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    made: () => made,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
