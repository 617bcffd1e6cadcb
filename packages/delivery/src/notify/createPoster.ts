import { Buffer } from 'node:buffer'
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { failureCode } from '../backend/wasNeverSent.ts'
import { withDeadline } from '../withDeadline.ts'
import { createPublicLookup, NOT_PUBLIC, type Resolve } from './createPublicLookup.ts'
import { isPublicHost } from './isPublicAddress.ts'

export type PosterOptions = {
  readonly url: URL
  /**
   * `public`: only addresses of the public internet, checked after resolution. `any`: the
   * seller's own network too.
   */
  readonly networks: 'public' | 'any'
  readonly timeoutMs: number
  readonly resolve?: Resolve
}

/** What became of one POST. A reason is safe to log: it holds nothing that anybody wrote. */
export type PostedWebhook =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** The beginning of the answer's body. */
      readonly excerpt: string
      /** What `Retry-After` asks for, in ms. */
      readonly retryAfterMs?: number
    }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The caller's signal fired: it may have arrived or not. */
  | { readonly kind: 'stopped' }

export type Poster = {
  post(
    headers: Readonly<Record<string, string>>,
    body: string,
    caller: AbortSignal,
  ): Promise<PostedWebhook>
  /** Closes idle connections. */
  close(): void
}

/** So much of an answer is kept; what is beyond is read and dropped up to the second, then cut. */
const EXCERPT_BYTES = 512
const DRAIN_BYTES = 65_536
const MOST_SOCKETS = 64
const LONGEST_RETRY_AFTER_MS = 3_600_000

/** Sends to one address over connections that are kept. Redirects are answers, never followed. */
export function createPoster({ url, networks, timeoutMs, resolve }: PosterOptions): Poster {
  const isTls = url.protocol === 'https:'
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: MOST_SOCKETS })
  const lookup = networks === 'public' ? { lookup: createPublicLookup(resolve) } : {}
  // An address that is written out is never resolved, so no lookup would see it.
  const isOutOfBounds = networks === 'public' && !isPublicHost(url.hostname)

  const send = (headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal) => {
    const seen: { answer?: IncomingMessage; bytes: Buffer[]; size: number } = { bytes: [], size: 0 }
    const done = new Promise<void>((end, fail) => {
      const length = Buffer.byteLength(body)
      const options = {
        ...{ method: 'POST', agent, signal, ...lookup },
        headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
      }
      const request = (isTls ? requestHttps : requestHttp)(url, options, (answer) => {
        seen.answer = answer
        answer.on('data', (chunk: Buffer) => {
          if (seen.size < EXCERPT_BYTES) seen.bytes.push(chunk)
          seen.size += chunk.length
          if (seen.size > DRAIN_BYTES) answer.destroy()
        })
        // What breaks after the status is known breaks nothing.
        answer.on('error', end)
        answer.on('close', end)
      })
      request.on('error', (cause) =>
        fail(Object.assign(cause, { wasIdle: request.reusedSocket && !seen.answer })),
      )
      request.end(body)
    })
    return { seen, done }
  }

  const post: Poster['post'] = async (headers, body, caller) => {
    if (isOutOfBounds) return { kind: 'failed', reason: 'its address is not public' }
    let seen: ReturnType<typeof send>['seen'] | undefined
    const ended = await withDeadline(timeoutMs, caller, async (signal) => {
      for (let isFirst = true; ; isFirst = false) {
        const sending = send(headers, body, signal)
        seen = sending.seen
        try {
          return await sending.done
        } catch (cause) {
          // A kept connection that the other side closed meanwhile: nobody read this.
          const wasIdle = (cause as { readonly wasIdle?: boolean }).wasIdle === true
          if (!isFirst || !wasIdle || signal.aborted) throw cause
        }
      }
    })
    // A status is an answer, whatever the body did.
    if (seen?.answer) return toAnswered(seen.answer, seen.bytes)
    if (ended.kind === 'stopped') return { kind: 'stopped' }
    if (ended.kind === 'late') return { kind: 'failed', reason: `no answer within ${timeoutMs} ms` }
    return { kind: 'failed', reason: toReason('cause' in ended ? ended.cause : undefined) }
  }
  return { post, close: () => agent.destroy() }
}

function toReason(cause: unknown): string {
  const code = failureCode(cause)
  if (code === NOT_PUBLIC) return 'its address is not public'
  return `the connection failed (${code})`
}

function toAnswered(answer: IncomingMessage, bytes: readonly Buffer[]): PostedWebhook {
  const excerpt = Buffer.concat(bytes).subarray(0, EXCERPT_BYTES).toString('utf8')
  const seconds = Number(answer.headers['retry-after'])
  const retryAfterMs = Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS)
  return {
    ...{ kind: 'answered', status: answer.statusCode ?? 0, excerpt },
    ...(retryAfterMs > 0 && { retryAfterMs }),
  }
}
