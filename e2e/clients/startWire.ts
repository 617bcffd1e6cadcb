import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it crossed the wire, and what the server answered. */
type Crossing = {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly reply: { readonly status: number; readonly headers: Heads; readonly text: string }
}

type Heads = IncomingHttpHeaders

/** The wire between a client and the gateway: it can be read, and it can break. */
export type Wire = AsyncDisposable & {
  /** What clients take for the gateway. */
  readonly url: string
  /** Every request so far. */
  readonly crossings: readonly Crossing[]
  /** The last request that carried a payment. */
  readonly lastPaid: () => Crossing
  /** The connection breaks instead of the next answer to a payment. The server has answered. */
  readonly loseNextSale: () => void
  /** Takes a header off every answer, as a server would that never heard of it. */
  readonly hide: (name: string | undefined) => void
}

/** Starts a wire to a server on this machine. */
export async function startWire(target: string): Promise<Wire> {
  const crossings: Crossing[] = []
  let loses = false
  let hidden: string | undefined
  const server = createServer(async (incoming, outgoing) => {
    const crossing = await carry(incoming, target)
    crossings.push(crossing)
    if (loses && isPaid(crossing)) {
      loses = false
      incoming.socket.destroy()
      return
    }
    const { status, headers, text } = crossing.reply
    const { [hidden ?? '']: _, 'transfer-encoding': __, ...seen } = headers
    outgoing.writeHead(status, seen).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    crossings,
    lastPaid() {
      const last = crossings.findLast(isPaid)
      if (!last) throw new Error('no payment crossed the wire')
      return last
    },
    loseNextSale() {
      loses = true
    },
    hide(name) {
      hidden = name
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function isPaid({ headers }: Crossing): boolean {
  return 'payment-signature' in headers || 'x-payment' in headers
}

async function carry(incoming: IncomingMessage, target: string): Promise<Crossing> {
  const { method = 'GET', url: path = '/' } = incoming
  const headers = incoming.headers as Readonly<Record<string, string>>
  const body = await readAll(incoming)
  const onward = request(new URL(path, target), { method, headers, agent: false })
  onward.end(body)
  const [answer] = (await once(onward, 'response')) as [IncomingMessage]
  const text = await readAll(answer)
  const status = answer.statusCode ?? 0
  return { method, path, headers, body, reply: { status, headers: answer.headers, text } }
}

async function readAll(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
