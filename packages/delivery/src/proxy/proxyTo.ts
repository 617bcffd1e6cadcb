import { Readable } from 'node:stream'
import type { ReadableStream as NodeStream } from 'node:stream/web'
import { type FetchResource, perConnection, type RouteRequest } from '@key0/core'
import { Pool } from 'undici'
import { failureCode } from '../backend/wasNeverSent.ts'
import { misconfigured, parseBackendUrl, parseDuration } from '../configuration.ts'
import type { ProxyOptions } from './ProxyOptions.ts'
import { toUpstreamHeaders } from './requestHeaders.ts'
import { toWebStream } from './toWebStream.ts'

/** Known to be this short, a body is read at once: a stream of it would cost more than it. */
const SHORT_BYTES = 65_536

/**
 * Passes requests on to one server, and its answers back: status, headers and bytes as they are,
 * compressed ones still compressed, redirects not followed. What belongs to a connection or to a
 * payment does not pass in either direction. No other server than `baseUrl`'s is ever asked,
 * whatever a request says.
 *
 * It speaks HTTP through undici's connections rather than `fetch`, which decompresses, follows
 * redirects and rewrites addresses.
 *
 * @throws CONFIG_INVALID naming the setting
 */
export function proxyTo(options: ProxyOptions): FetchResource & { close(): Promise<void> } {
  const { rewritePath, proxySecret } = options
  const toPath = (path: string) => (rewritePath ? assertPath(rewritePath(path)) : path)
  const base = parseBackendUrl(options.baseUrl, 'baseUrl')
  if (base.search !== '') throw misconfigured('baseUrl', 'an address without a query')
  const timeoutMs = parseDuration(options.timeoutMs ?? 30_000, 'timeoutMs')
  const prefix = base.pathname.replace(/\/$/, '')
  const own = readHeaders(options.headers ?? {}, proxySecret)
  const timeouts = { connectTimeout: timeoutMs, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }
  const pool = new Pool(base.origin, { ...timeouts, pipelining: 1 })
  const ask = async (request: RouteRequest): Promise<Response> => {
    const { method, path, query, body, signal } = request
    const target = `${prefix}${toPath(path)}${query === '' ? '' : `?${query}`}`
    const answer = await pool.request({
      ...{ method: method as 'GET', path: target, signal },
      headers: toUpstreamHeaders(request, own),
      body: body === undefined || body instanceof Uint8Array ? (body ?? null) : toReadable(body),
    })
    const head = { status: answer.statusCode, headers: toHeaders(answer.headers) }
    if (method === 'HEAD' || bodiless.has(answer.statusCode)) {
      await answer.body.dump()
      return new Response(null, head)
    }
    const length = Number(head.headers.get('content-length') ?? Number.NaN)
    if (length <= SHORT_BYTES) return new Response(await answer.body.bytes(), head)
    return new Response(toWebStream(answer.body), head)
  }
  const fetchResource: FetchResource = async (request) => {
    try {
      return await ask(request)
    } catch (error) {
      if (!mayAskAgain(request, error)) throw error
      return ask(request)
    }
  }
  return Object.assign(fetchResource, { close: () => pool.close() })
}

/** Statuses that never have a body (Fetch section 2.2.3). */
const bodiless = new Set([204, 205, 304])

function toReadable(body: ReadableStream<Uint8Array>): Readable {
  return Readable.fromWeb(body as NodeStream<Uint8Array>)
}

const lostConnection: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** A safe request is sent once more when a connection that was kept alive closed under it. */
function mayAskAgain({ method, body, signal }: RouteRequest, error: unknown): boolean {
  const isSafe = (method === 'GET' || method === 'HEAD') && body === undefined
  return isSafe && !signal.aborted && lostConnection.has(failureCode(error))
}

function readHeaders(
  headers: Readonly<Record<string, string>>,
  proxySecret: string | undefined,
): readonly (readonly [string, string])[] {
  if (proxySecret !== undefined && !/^[\x21-\x7e]{16,}$/.test(proxySecret))
    throw misconfigured('proxySecret', 'at least 16 printable ASCII characters')
  const all = proxySecret ? { ...headers, 'x-key0-internal-token': proxySecret } : headers
  try {
    return [...new Headers(all)]
  } catch {
    // A value may be a secret and is not repeated.
    throw misconfigured('headers', 'names and values that HTTP allows')
  }
}

/** @throws TypeError for what is no path, or a way to another one */
function assertPath(path: string): string {
  const read = new URL(path, 'http://upstream.invalid')
  if (read.host === 'upstream.invalid' && read.pathname === path) return path
  throw new TypeError('rewritePath made no path')
}

function toHeaders(raw: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers()
  const { connection = null } = raw
  const isHop = perConnection({ get: () => connection && `${connection}` })
  for (const name in raw) {
    const value = raw[name]
    if (value === undefined || isHop(name)) continue
    if (typeof value === 'string') headers.append(name, value)
    else for (const one of value) headers.append(name, one)
  }
  return headers
}
