import type { ServerResponse } from 'node:http'

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
}

type Write = (chunk: unknown, encoding?: unknown, done?: unknown) => boolean

const BUFFERED_BYTES = 65_536

/**
 * Catches what is written to a response of Node's, by whatever of its methods, so that it can be
 * stored before it leaves. Only headers that were not there before belong to what was caught.
 */
export function captureResponse(response: ServerResponse): Captured {
  const before = response.getHeaders()
  const { writeHead, flushHeaders } = response
  const write = response.write.bind(response) as Outlet['write']
  const end = response.end.bind(response) as Outlet['end']
  const head = Promise.withResolvers<Response>()
  const body = openBody(response)
  let hasBegun = false
  const begin = (): void => {
    if (hasBegun) return
    hasBegun = true
    head.resolve(toResponse(response, before, body.stream))
  }

  response.writeHead = ((status: number, ...rest: unknown[]) => {
    response.statusCode = status
    setHeaders(response, rest.at(-1))
    return response
  }) as ServerResponse['writeHead']
  response.flushHeaders = begin
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
      Object.assign(response, { writeHead, flushHeaders })
      for (const name of response.getHeaderNames()) response.removeHeader(name)
      setHeaders(response, before)
      forgiveLateHeads(response)
      return { write: (chunk) => write(chunk), end: () => end() }
    },
  }
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

/** A body that is written by a handler and read by us, no faster than we read it. */
function openBody(response: ServerResponse) {
  let isFull = false
  let isOver = false
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
      },
      pull() {
        if (!isFull) return
        isFull = false
        response.emit('drain')
      },
      cancel() {
        isOver = true
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: BUFFERED_BYTES }),
  )
  const write: Write = (chunk, encoding, done) => {
    const callback = [done, encoding, chunk].find((each) => typeof each === 'function')
    if (typeof callback === 'function') queueMicrotask(() => callback())
    const bytes = toBytes(chunk, encoding)
    if (isOver || bytes.length === 0) return true
    controller?.enqueue(bytes)
    isFull = (controller?.desiredSize ?? 0) <= 0
    return !isFull
  }
  return {
    stream,
    write,
    end(...given: Parameters<Write>) {
      write(...given)
      if (!isOver) controller?.close()
      isOver = true
    },
  }
}

function toBytes(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  if (typeof chunk !== 'string') return new Uint8Array()
  return Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8')
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
