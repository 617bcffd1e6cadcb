import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net'
import type { CredentialRequest } from '@key0/core'

export type Seen = {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Backend = AsyncDisposable & {
  readonly url: string
  /** Every request that was read to its end. */
  readonly seen: readonly Seen[]
  /** Resolves when `count` requests have been read. */
  readonly whenSeen: (count: number) => Promise<void>
}

export type Answer = (response: ServerResponse, seen: Seen) => void

/** A seller's backend on loopback. The last answer is repeated. */
export async function startBackend(...answers: readonly Answer[]): Promise<Backend> {
  const seen: Seen[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
      answers[Math.min(seen.length, answers.length) - 1]?.(response, one)
    })
  })
  const url = `http://127.0.0.1:${await listen(server)}/internal/issue-token`
  const whenSeen = (count: number) =>
    new Promise<void>((resolve) => {
      if (seen.length >= count) resolve()
      else waiting.push({ count, resolve })
    })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url, seen, whenSeen, [Symbol.asyncDispose]: stop }
}

/** A server below HTTP: what it does with a connection, and how many there were. */
export async function startSocketServer(
  onSocket: (socket: Socket) => void,
): Promise<AsyncDisposable & { readonly url: string; readonly connections: () => number }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  const url = `http://127.0.0.1:${await listen(server)}/`
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { url, connections: () => sockets.size, [Symbol.asyncDispose]: stop }
}

/** A port nobody listens on. */
export async function closedUrl(): Promise<string> {
  await using server = await startSocketServer(() => undefined)
  return server.url
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return (server.address() as AddressInfo).port
}

export const status =
  (code: number, body = '', type = 'application/json'): Answer =>
  (response) =>
    response.writeHead(code, { 'content-type': type }).end(body)

export const json = (value: unknown): Answer => status(200, JSON.stringify(value))

/** Takes the request and never answers. */
export const hang: Answer = () => undefined

/** Reads the request, then closes the connection. */
export const hangUp: Answer = (response) => response.socket?.destroy()

export const purchase: CredentialRequest = {
  challengeId: 'challenge-0123456789abcdef',
  requestId: 'request-0123456789abcdef',
  clientAgentId: 'agent-1',
  resourceId: 'reports',
  planId: 'basic',
  amount: '$0.10',
  amountRaw: 9_007_199_254_740_993n,
  chainId: 84_532,
  txHash: `0x${'5e'.repeat(32)}`,
  fromAddress: `0x${'ab'.repeat(20)}`,
  idempotencyKey: `eip155:84532:0x${'cd'.repeat(32)}`,
}

export const never: AbortSignal = new AbortController().signal
