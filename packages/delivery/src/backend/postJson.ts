import type { AuthHeaderProvider } from '../auth/AuthHeaderProvider.ts'
import { askAuth } from '../auth/askAuth.ts'
import { withDeadline } from '../withDeadline.ts'
import { type Body, readBody } from './readBody.ts'
import { failureCode, wasNeverSent } from './wasNeverSent.ts'

/** The part of the global `fetch` that is used. */
export type Fetch = (url: URL, init: RequestInit) => Promise<Response>

export type Post = {
  readonly url: URL
  readonly auth: AuthHeaderProvider
  readonly fetch: Fetch
  readonly timeoutMs: number
  /** The most that is read of a 2xx answer. 0: the status is all that matters. */
  readonly maxBytes: number
}

/**
 * What became of one request. `unsent`: certainly not executed. `lost`: it may have been.
 * Reasons are safe to log: they hold no address, no header and nothing the backend wrote.
 */
export type Posted =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly mediaType: string
      /** Present for 2xx only, when it was to be read; the bodies of errors never are. */
      readonly body?: Body
    }
  | { readonly kind: 'unsent'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string }

/** One POST, from asking for auth headers to the end of the body, within `timeoutMs`. */
export async function postJson(
  post: Post,
  json: string,
  idempotencyKey: string,
  caller: AbortSignal,
): Promise<Posted> {
  let isSent = false
  const ended = await withDeadline(post.timeoutMs, caller, async (signal): Promise<Posted> => {
    const auth = await askAuth(post.auth)
    if (!auth) return { kind: 'unsent', reason: 'the auth provider gave no usable headers' }
    if (signal.aborted) return { kind: 'unsent', reason: 'stopped' }
    isSent = true
    const headers = {
      ...auth,
      accept: 'application/json, text/plain;q=0.9',
      'content-type': 'application/json',
      'idempotency-key': idempotencyKey,
    }
    const request = { method: 'POST', body: json, redirect: 'manual', headers, signal } as const
    return readAnswer(await post.fetch(post.url, request), post.maxBytes)
  })
  const failure = isSent ? 'lost' : 'unsent'
  switch (ended.kind) {
    case 'done':
      return ended.value
    case 'late':
      return { kind: failure, reason: `no answer within ${post.timeoutMs} ms` }
    case 'stopped':
      return { kind: failure, reason: 'stopped by the caller' }
    case 'threw': {
      const reason = `the connection failed (${failureCode(ended.cause)})`
      return { kind: wasNeverSent(ended.cause) ? 'unsent' : failure, reason }
    }
  }
}

async function readAnswer(response: Response, maxBytes: number): Promise<Posted> {
  const { status, ok } = response
  const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (ok && maxBytes > 0)
    return { kind: 'answered', status, mediaType, body: await readBody(response, maxBytes) }
  // Nobody waits for this. The connection is closed rather than drained.
  response.body?.cancel().catch(() => undefined)
  return { kind: 'answered', status, mediaType }
}
