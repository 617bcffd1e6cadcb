import type { IncomingMessage, ServerResponse } from 'node:http'
import { defer } from './defer.ts'
import { holdConnection, replace } from './holdConnection.ts'
import { openBody, type Write } from './openBody.ts'

/** What a framework's handler answers, caught on its way to the socket. */
export type Captured = {
  /** Resolves as soon as status and headers are known; the body may still be coming. */
  readonly response: Promise<Response>
  /**
   * Forgets the head that the handler wrote, and answers the way to the socket. The handler keeps
   * writing into what was caught: it may not be at its end.
   */
  readonly release: () => Outlet
}

/** The way to the socket, past whatever stands in a response's own methods. */
export type Outlet = {
  readonly write: (chunk: Uint8Array) => boolean
  readonly end: () => void
  /** Closes the connection, so that the client knows that what it got is not whole. */
  readonly destroy: () => void
}

/**
 * Catches what is written to a response of Node's, by whatever of its methods, so that it can be
 * stored before it leaves. Only headers that were not there before belong to what was caught. An
 * answer that its handler breaks off is none, and a client that hangs up breaks off nothing.
 */
export function captureResponse(request: IncomingMessage, response: ServerResponse): Captured {
  const before = response.getHeaders()
  const write = response.write.bind(response) as Outlet['write']
  const end = response.end.bind(response) as Outlet['end']
  const destroy = response.destroy.bind(response) as Outlet['destroy']
  const head = defer<Response>()
  // Nobody may be waiting any more.
  head.promise.catch(() => {})
  const body = openBody(response)
  const connection = holdConnection(request, response, (cause) => {
    head.reject(cause)
    body.breakOff(cause)
  })
  let hasBegun = false
  const begin = (): void => {
    if (hasBegun) return
    hasBegun = true
    head.resolve(toResponse(response, before, body.stream))
  }
  const restoreHead = closeHead(response, begin, () => hasBegun)

  response.write = ((...given: Parameters<Write>) => {
    begin()
    return body.write(...given)
  }) as ServerResponse['write']
  response.end = ((...given: Parameters<Write>) => {
    begin()
    body.end(...given)
    return response
  }) as unknown as ServerResponse['end']

  return {
    response: head.promise,
    release() {
      restoreHead()
      for (const name of response.getHeaderNames()) response.removeHeader(name)
      setHeaders(response, before)
      forgiveLateHeads(response)
      connection.release()
      return { write: (chunk) => write(chunk), end: () => end(), destroy: () => destroy() }
    },
  }
}

/**
 * Gives a response a head that can be written until the first byte of a body, as Node's own: whoever
 * asks learns that it is too late for an error page, and whoever writes one is told so.
 */
function closeHead(
  response: ServerResponse,
  begin: () => void,
  hasBegun: () => boolean,
): () => void {
  const { writeHead, flushHeaders, setHeader, appendHeader, removeHeader } = response
  const open = { setHeader, appendHeader, removeHeader }
  for (const [name, change] of Object.entries(open)) {
    const guarded = (...given: readonly unknown[]): unknown => {
      if (hasBegun()) throw headersSent()
      return Reflect.apply(change, response, given)
    }
    Object.assign(response, { [name]: guarded })
  }
  response.writeHead = ((status: number, ...rest: readonly unknown[]) => {
    // Middlewares write the head before every chunk, as long as Node's own is not written.
    if (hasBegun() && status === response.statusCode && rest.length === 0) return response
    if (hasBegun()) throw headersSent()
    response.statusCode = status
    setHeaders(response, rest.at(-1))
    return response
  }) as ServerResponse['writeHead']
  response.flushHeaders = begin
  const restore = replace(response, 'headersSent', { get: hasBegun })
  return () => {
    restore()
    Object.assign(response, { ...open, writeHead, flushHeaders })
  }
}

/** What Node throws, and frameworks know. */
function headersSent(): Error {
  const error = new Error('Cannot set headers after they are sent to the client')
  return Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
}

/**
 * A handler that answers after it was given up writes its head into a response that has left. Node
 * throws at that, in a callback of the seller's where nobody catches it.
 */
function forgiveLateHeads(response: ServerResponse): void {
  for (const name of ['setHeader', 'appendHeader', 'removeHeader', 'writeHead'] as const) {
    const change = response[name].bind(response) as (...given: unknown[]) => unknown
    const guarded = (...given: unknown[]) => (response.headersSent ? response : change(...given))
    Object.assign(response, { [name]: guarded })
  }
}

function toResponse(
  response: ServerResponse,
  before: ReturnType<ServerResponse['getHeaders']>,
  body: ReadableStream<Uint8Array>,
): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value === undefined || value === before[name]) continue
    for (const each of [value].flat()) headers.append(name, `${each}`)
  }
  const { statusCode: status } = response
  return new Response(withoutBody.has(status) ? null : body, { status, headers })
}

/** Statuses that never have a body (Fetch section 2.2.3). */
const withoutBody: ReadonlySet<number> = new Set([101, 103, 204, 205, 304])

function setHeaders(response: ServerResponse, headers: unknown): void {
  const pairs = Array.isArray(headers) ? inPairs(headers) : Object.entries(headers ?? {})
  for (const [name, value] of pairs)
    if (value !== undefined) response.setHeader(name, value as string | string[])
}

/** Node takes headers as one flat list as well. */
function inPairs(list: readonly unknown[]): readonly (readonly [string, unknown])[] {
  if (Array.isArray(list[0])) return list as readonly [string, unknown][]
  return list.flatMap((name, at) => (at % 2 === 0 ? [[`${name}`, list[at + 1]] as const] : []))
}
