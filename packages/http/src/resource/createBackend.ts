import {
  type Backend,
  type FetchResource,
  isSuccess,
  type RouteRequest,
  type StoredResponse,
} from '@key0/core'
import type { DeliveryLimits } from './ResourceSale.ts'
import { type Rest, readUpTo } from './readUpTo.ts'
import { keepHeaders } from './responseHeaders.ts'

/** A backend for one sale, and what it holds of a stream that is not stored. */
export type SaleBackend = Backend & {
  /** The body of the stream that this sale was answered with, if it was; taken once. */
  readonly takeStream: () => ReadableStream<Uint8Array> | undefined
  /** Ends a stream that nobody will read. */
  readonly abandon: () => void
}

/** Has a request that was paid for answered, whole where that is possible. */
export function createBackend(
  asked: Omit<RouteRequest, 'paid' | 'signal'>,
  fetchResource: FetchResource,
  limits: DeliveryLimits & { readonly streams?: 'pass' | 'refuse' },
): SaleBackend {
  let stream: Rest | undefined
  return {
    worstCaseMs: limits.timeoutMs,
    async serve(paid, signal) {
      const late = new AbortController()
      const stop = (): void => late.abort()
      signal.addEventListener('abort', stop, { once: true })
      const timer = setTimeout(stop, limits.timeoutMs)
      try {
        const request = { ...asked, paid, signal: late.signal }
        const response = await fetchResource(request)
        if (isPart(response)) {
          await response.body?.cancel()
          return { kind: 'failed', reason: 'the answer is a part, and none was asked for' }
        }
        const head = { status: response.status, headers: keepHeaders(response) }
        if (!isSuccess(response.status)) {
          await response.body?.cancel()
          return { kind: 'answered', response: head }
        }
        const read = await readUpTo(response, limits, late.signal)
        if (read.kind === 'whole') {
          const stored: StoredResponse = { ...head, body: toBase64(read.bytes) }
          return { kind: 'answered', response: stored }
        }
        if (limits.streams === 'refuse') {
          await read.body.cancel()
          return { kind: 'failed', reason: 'the answer is a stream, or too long for JSON' }
        }
        stream = read
        return { kind: 'answered', response: head }
      } catch (error) {
        const reason = late.signal.aborted
          ? `no answer within ${limits.timeoutMs} ms`
          : `the answer broke off (${nameOf(error)})`
        return { kind: 'unknown', reason }
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
      }
    },
    takeStream() {
      const body = stream?.body
      stream = undefined
      return body
    },
    abandon: () => void stream?.body.cancel().catch(() => {}),
  }
}

/** No range reaches the server, so one that answers with one (RFC 9110 section 14.4) is mistaken. */
function isPart({ status, headers }: Response): boolean {
  return status === 206 && headers.has('content-range')
}

/** An error's class and nothing else: its text may repeat addresses or secrets. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
