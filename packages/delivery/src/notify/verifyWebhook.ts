import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import { misconfigured } from '../configuration.ts'
import { parseSecrets, type WebhookSecrets } from './secrets.ts'
import { hmac } from './signWebhook.ts'

/** What arrived: a web `Request`, or its headers and its body as they were read, unparsed. */
export type ReceivedWebhook =
  | Request
  | {
      readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>
      readonly body: string | Uint8Array
    }

/** Why a message is not believed. */
export type WebhookRefusal =
  | 'a header is missing'
  | 'the timestamp is no number'
  | 'no signature fits'
  | 'too old'
  | 'too far in the future'
  | 'the body is not JSON'

export type VerifiedWebhook =
  | {
      readonly kind: 'genuine'
      /** Equal for every delivery of one event: handle an id once. */
      readonly id: string
      readonly sentAt: Date
      /** The body, parsed; a `WebhookEvent`, or what was handed to `deliverReceipt`. */
      readonly payload: unknown
    }
  | { readonly kind: 'refused'; readonly reason: WebhookRefusal }

export type VerifyWebhookOptions = {
  /** How far the sender's clock and ours may be apart; default 300. */
  readonly toleranceSeconds?: number
  readonly nowMs?: () => number
}

/** More signatures than any sender makes are not worth the time to compare them. */
const MOST_SIGNATURES = 16

/**
 * Says whether a message was signed by somebody who knows one of the secrets, lately. The body
 * must be the bytes that arrived: one that was parsed and written again has another signature.
 *
 * @throws CONFIG_INVALID for secrets or a tolerance that cannot be, never for what arrived
 */
export async function verifyWebhook(
  received: ReceivedWebhook,
  secrets: WebhookSecrets,
  { toleranceSeconds = 300, nowMs = Date.now }: VerifyWebhookOptions = {},
): Promise<VerifiedWebhook> {
  const keys = parseSecrets(secrets)
  if (!Number.isFinite(toleranceSeconds) || toleranceSeconds < 0)
    throw misconfigured('toleranceSeconds', 'a number of seconds, 0 or more')
  const header = (name: string): string | undefined => readHeader(received.headers, name)
  const id = header('webhook-id')
  const timestamp = header('webhook-timestamp')
  const signatures = header('webhook-signature')
  if (!id || !timestamp || !signatures) return refused('a header is missing')
  if (!/^\d{1,12}$/.test(timestamp)) return refused('the timestamp is no number')
  const body = received instanceof Request ? await received.arrayBuffer() : received.body
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(new Uint8Array(body))
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), bytes])
  if (!isSigned(signed, keys, signatures)) return refused('no signature fits')
  // What is too old is said only of genuine messages, so that it is worth believing.
  const ageMs = nowMs() - Number(timestamp) * 1000
  if (ageMs > toleranceSeconds * 1000) return refused('too old')
  if (ageMs < -toleranceSeconds * 1000) return refused('too far in the future')
  try {
    const sentAt = new Date(Number(timestamp) * 1000)
    return { kind: 'genuine', id, sentAt, payload: JSON.parse(bytes.toString('utf8')) }
  } catch {
    return refused('the body is not JSON')
  }
}

function isSigned(signed: Buffer, keys: readonly Buffer[], header: string): boolean {
  const given = header.split(' ').slice(0, MOST_SIGNATURES)
  const expected = keys.map((key) => Buffer.from(`v1,${hmac(key, signed)}`))
  return given.some((text) => {
    const bytes = Buffer.from(text)
    return expected.some((each) => each.length === bytes.length && timingSafeEqual(each, bytes))
  })
}

/** @returns `undefined` also for a header that came twice: which of them is meant is unknown. */
function readHeader(
  headers: Exclude<ReceivedWebhook, Request>['headers'],
  name: string,
): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const found = Object.keys(headers).filter((key) => key.toLowerCase() === name)
  const value = headers[found[0] ?? '']
  return found.length === 1 && typeof value === 'string' ? value : undefined
}

const refused = (reason: WebhookRefusal): VerifiedWebhook => ({ kind: 'refused', reason })
