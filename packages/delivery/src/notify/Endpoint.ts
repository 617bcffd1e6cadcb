import type { AuditEntry, ChallengeRecord } from '@key0/core'
import type { PostedWebhook } from './createPoster.ts'

/** One request, ready to be sent. */
export type Message = {
  /** The header `webhook-id`. */
  readonly id: string
  readonly type: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** What the delivery log keeps of the body: never a grant. */
  readonly logged: string
  /** What it tells nobody else; an answer that repeats it is logged without it. Default: none. */
  readonly secrets?: readonly string[]
}

/** Somebody who is told what happens. */
export type Endpoint = {
  /** Its name in the store and for operators. */
  readonly id: string
  /** Where it is, without anything secret. */
  readonly address: string
  readonly takes: (entry: AuditEntry) => boolean
  /** @returns a text when it can never be sent: why; nothing when there is nothing to tell */
  readonly write: (
    entry: AuditEntry,
    record: ChallengeRecord | undefined,
    nowMs: number,
  ) => Promise<Message | string | undefined>
  readonly post: (message: Message, signal: AbortSignal) => Promise<PostedWebhook>
  readonly timeoutMs: number
  readonly close: () => void
}
