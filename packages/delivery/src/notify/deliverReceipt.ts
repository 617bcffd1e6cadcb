import { createHash } from 'node:crypto'
import { Key0Error } from '@key0/core'
import { misconfigured, parseBackendUrl, parseDuration } from '../configuration.ts'
import { createPoster, type PostedWebhook } from './createPoster.ts'
import { parseSecrets, type WebhookSecrets } from './secrets.ts'
import { signWebhook } from './signWebhook.ts'

/** What is delivered: anything JSON can say, and `bigint`s, which go as decimal strings. */
export type Receipt = { readonly idempotencyKey: string }

export type DeliverReceiptOptions = {
  readonly url: string | URL
  readonly secret: WebhookSecrets
  /** How often it is tried at most; default 5. */
  readonly attempts?: number
  /** Of one attempt; default 10000. */
  readonly timeoutMs?: number
  /** The wait before the second attempt, doubled with every further one; default 500. */
  readonly backoffMs?: number
  /** Default `public`: an address inside a network is refused. `any` is for your own services. */
  readonly networks?: 'public' | 'any'
  readonly signal?: AbortSignal
  readonly sleep?: (ms: number) => Promise<void>
  readonly nowMs?: () => number
}

export type ReceiptDelivery =
  | { readonly kind: 'delivered'; readonly attempts: number }
  /** `attempts` is 0 when nothing was sent. The receiver may have it all the same. */
  | { readonly kind: 'failed'; readonly attempts: number; readonly reason: string }

/** Refusals that pass. */
const passing = new Set([408, 425, 429])
const longestWaitMs = 30_000

/**
 * Delivers one receipt to a webhook: signed as `verifyWebhook` checks it, repeated with one
 * `webhook-id` until the receiver answers 2xx, refuses it for good, or the attempts are over. It
 * never throws and never rejects; what became of it is the answer. What must survive this process
 * is the dispatcher's work (`createDispatcher`).
 */
export async function deliverReceipt(
  receipt: Receipt,
  options: DeliverReceiptOptions,
): Promise<ReceiptDelivery> {
  let attempts = 0
  try {
    const { tries, backoffMs, keys, poster, signal, sleep, nowMs } = prepare(options)
    const body = toJson(receipt)
    const id = toId(receipt.idempotencyKey)
    try {
      for (;;) {
        attempts += 1
        const headers = signWebhook(keys, { id, atMs: nowMs(), body })
        const posted = await poster.post(headers, body, signal)
        if (isDelivered(posted)) return { kind: 'delivered', attempts }
        const reason = describe(posted)
        if (attempts >= tries || !isWorthRepeating(posted))
          return { kind: 'failed', attempts, reason }
        await sleep(Math.min(backoffMs * 2 ** (attempts - 1), longestWaitMs))
      }
    } finally {
      poster.close()
    }
  } catch (error) {
    return { kind: 'failed', attempts, reason: toReason(error) }
  }
}

function prepare(options: DeliverReceiptOptions) {
  const { attempts = 5, networks = 'public', signal = new AbortController().signal } = options
  if (!Number.isSafeInteger(attempts) || attempts < 1 || attempts > 100)
    throw misconfigured('attempts', 'a whole number from 1 to 100')
  const timeoutMs = parseDuration(options.timeoutMs ?? 10_000, 'timeoutMs')
  return {
    tries: attempts,
    backoffMs: parseDuration(options.backoffMs ?? 500, 'backoffMs', 0),
    keys: parseSecrets(options.secret),
    poster: createPoster({ url: parseBackendUrl(options.url), networks, timeoutMs }),
    ...{ signal, nowMs: options.nowMs ?? Date.now },
    sleep: options.sleep ?? ((ms) => new Promise<void>((resolve) => setTimeout(resolve, ms))),
  }
}

function toJson(receipt: Receipt): string {
  try {
    return JSON.stringify(receipt, (_, it: unknown) => (typeof it === 'bigint' ? `${it}` : it))
  } catch (cause) {
    throw misconfigured('receipt', 'what JSON can say', cause)
  }
}

/** An id that fits in a header and in the text that is signed. */
function toId(idempotencyKey: string): string {
  if (typeof idempotencyKey !== 'string' || idempotencyKey === '')
    throw misconfigured('idempotencyKey', 'a text that names this receipt alone')
  if (/^[!-\-/-~]{1,200}$/.test(idempotencyKey)) return idempotencyKey
  return `receipt_${createHash('sha256').update(idempotencyKey).digest('hex')}`
}

/** Whether the receiver took it. */
export function isDelivered(posted: PostedWebhook): boolean {
  return posted.kind === 'answered' && posted.status >= 200 && posted.status <= 299
}

/** Why it did not, in words that are safe to log. */
export function describe(posted: PostedWebhook): string {
  switch (posted.kind) {
    case 'answered':
      return `the receiver answered ${posted.status}`
    case 'failed':
      return posted.reason
    case 'stopped':
      return 'stopped by the caller'
  }
}

function isWorthRepeating(posted: PostedWebhook): boolean {
  if (posted.kind !== 'answered') return posted.kind === 'failed'
  return posted.status >= 500 || passing.has(posted.status)
}

function toReason(error: unknown): string {
  if (!Key0Error.is(error)) return 'it could not be tried'
  return Object.entries(error.facts)
    .map(([name, text]) => `${name}: ${text}`)
    .join('; ')
}
