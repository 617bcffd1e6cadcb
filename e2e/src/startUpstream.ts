import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the seller's own server was asked, as it stood on the wire. */
type UpstreamRequest = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Upstream = AsyncDisposable & {
  readonly url: string
  readonly asked: readonly UpstreamRequest[]
  /** Resolves once a connection that was answered by an endless stream is closed. */
  readonly streamEnded: Promise<void>
}

export const everyByte: Buffer = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte))

/** The seller's own server: lenient, as many are, about how a path is spelt. */
export async function startUpstream(): Promise<Upstream> {
  const asked: UpstreamRequest[] = []
  let failures = 0
  let endStream: () => void = () => {}
  const streamEnded = new Promise<void>((resolve) => {
    endStream = resolve
  })
  const answer = (request: UpstreamRequest, response: ServerResponse): void => {
    const path = decodeURIComponent(request.url.split('?')[0] ?? '').toLowerCase()
    if (path.endsWith('/secret')) return void response.end('the dear secret')
    switch (path.split('/')[2]) {
      case 'binary':
        response.writeHead(200, { 'content-type': 'application/octet-stream' })
        return void response.end(everyByte)
      case 'broken':
        return void response.writeHead(500).end('stack trace of the seller')
      case 'once': {
        failures += 1
        return void (failures === 1 ? response.writeHead(503) : response.writeHead(200)).end('then')
      }
      case 'moved':
        return void response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
      case 'silent':
        return
      case 'range': {
        if (!request.headers.range) return void response.end(everyByte)
        response.writeHead(206, { 'content-range': 'bytes 0-3/256' })
        return void response.end(everyByte.subarray(0, 4))
      }
      case 'cached': {
        const isKnown = request.headers['if-none-match'] === '"1"'
        return void response
          .writeHead(isKnown ? 304 : 200, { etag: '"1"' })
          .end(isKnown ? '' : 'new')
      }
      case 'events':
        response.on('close', endStream)
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        return void response.write('data: first\n\n')
    }
    const told = { method: request.method, url: request.url, body: request.body }
    response.writeHead(200, { 'content-type': 'application/json', 'payment-response': 'forged' })
    response.end(JSON.stringify(told))
  }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
      asked.push(one)
      answer(one, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    streamEnded,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
