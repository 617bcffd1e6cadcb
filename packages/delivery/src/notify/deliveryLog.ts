import type { AuditEntry, DocumentStore } from '@key0/core'
import type { PostedWebhook } from './createPoster.ts'
import { describe, isDelivered } from './deliverReceipt.ts'
import type { Message } from './Endpoint.ts'
import { hideSecrets } from './hideSecrets.ts'
import { documentNames, type Parked } from './Lane.ts'
import { digestChallenge } from './WebhookEvent.ts'

/** One attempt to deliver one event, as operators see it. */
export type LoggedAttempt = {
  /** Its place in the stream, by which it can be sent again. */
  readonly sequence: number
  /** The header `webhook-id`. */
  readonly id: string
  readonly type: string
  readonly version: number
  /** `digestChallenge` of the challenge's id; absent of what older versions logged. */
  readonly challenge?: string
  /** ISO 8601. */
  readonly at: string
  readonly tookMs: number
  /** Which attempt at this event it was. */
  readonly attempt: number
  readonly outcome: 'delivered' | 'failed'
  /** Why it failed. */
  readonly reason?: string
  /** The body that was sent, without grants; its signature is never kept. */
  readonly request: string
  readonly response?: { readonly status: number; readonly excerpt: string }
}

const REQUEST_LENGTH = 1_024
/** Chunks of a lane that are kept; each holds the attempts of one round. */
const KEPT_CHUNKS = 20

/** What looks like a credential in what a receiver wrote. */
const CREDENTIALS =
  /eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?|whsec_[\w+/=-]+|\b(?:bearer|basic)\s+[\w.~+/=-]+|\b(?:0x)?[\da-f]{64,}\b/gi
/** Everything that could move a terminal's cursor. */
const UNPRINTABLE = /[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]+/gu

/** A text of somebody else's, fit for a log. */
function redact(text: string): string {
  return text.replaceAll(UNPRINTABLE, ' ').replaceAll(CREDENTIALS, '[redacted]').trim()
}

export function toLoggedAttempt(of: {
  readonly item: Parked
  readonly entry: AuditEntry
  readonly message: Message
  readonly posted: PostedWebhook
  readonly startedAtMs: number
  readonly tookMs: number
}): LoggedAttempt {
  const { item, entry, message, posted, startedAtMs, tookMs } = of
  const isDone = isDelivered(posted)
  const secrets = [entry.challengeId, ...(message.secrets ?? [])]
  return {
    ...{ sequence: entry.sequence, id: message.id, type: message.type, version: entry.version },
    challenge: digestChallenge(entry.challengeId),
    ...{ at: new Date(startedAtMs).toISOString(), tookMs, attempt: item.attempts + 1 },
    outcome: isDone ? 'delivered' : 'failed',
    ...(!isDone && { reason: describe(posted) }),
    request: message.logged.slice(0, REQUEST_LENGTH),
    ...(posted.kind === 'answered' && {
      response: { status: posted.status, excerpt: redact(hideSecrets(posted.excerpt, secrets)) },
    }),
  }
}

/** Writes the attempts of one round as the chunk of that number, and forgets an old one. */
export async function writeLog(
  documents: DocumentStore,
  place: { readonly endpoint: string; readonly lane: number; readonly chunk: number },
  attempts: readonly LoggedAttempt[],
): Promise<void> {
  const { endpoint, lane, chunk } = place
  const name = documentNames.log(endpoint, lane, chunk)
  const text = JSON.stringify(attempts)
  const written = await documents.swap(name, undefined, text)
  // Of a holder that died before it could count it.
  if (written.kind === 'lost') await documents.swap(name, written.text, text)
  if (chunk < KEPT_CHUNKS) return
  const old = documentNames.log(endpoint, lane, chunk - KEPT_CHUNKS)
  const found = await documents.get(old)
  if (found !== undefined) await documents.swap(old, found, undefined)
}
