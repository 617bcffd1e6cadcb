import { createHash } from 'node:crypto'
import type { ChallengeBase, ChallengeFields } from '@key0/core'
import type { AuthHeaderProvider } from '../auth/AuthHeaderProvider.ts'
import { noAuth } from '../auth/noAuth.ts'
import { type Fetch, type Post, postJson } from '../backend/postJson.ts'
import { parseBackendUrl, parseDuration } from '../configuration.ts'
import type { Paid } from './Paid.ts'

/** What the notification says about the payment beside what it bought. A challenge record fits. */
export type PaymentFacts = Pick<
  ChallengeBase,
  'clientAgentId' | 'amount' | 'amountRaw' | 'asset' | 'chainId'
> &
  Pick<ChallengeFields, 'fromAddress' | 'paidAt'>

export type NotificationFailure = {
  readonly paid: Paid
  /** Safe to log. */
  readonly reason: string
}

export type NotifyPaymentOptions = {
  /** Where it is POSTed what was bought, such as `https://backend.example/internal/payment-received`. */
  readonly url: string | URL
  /** Default {@link noAuth}. */
  readonly auth?: AuthHeaderProvider
  /** Default 10000. */
  readonly timeoutMs?: number
  readonly fetch?: Fetch
  /** Told when a notification did not arrive, for the log. What it throws is ignored. */
  readonly onError?: (failure: NotificationFailure) => void
}

export type NotifyPayment = (paid: Paid, facts?: PaymentFacts) => void

/**
 * Tells the seller's backend that a payment was verified and what it bought was delivered. The body
 * is the grant, or of a single request a {@link PaidRequest}, with a `payment` beside its fields when
 * the facts are given.
 *
 * Fire and forget: the function returns before anything is sent and never throws, there is one
 * attempt, and a notification is lost when the process ends first. The backend may see one twice:
 * every repetition for a challenge has the same `Idempotency-Key`, which is a hash because
 * headers are logged and the challengeId must not be.
 *
 * @throws Key0Error `CONFIG_INVALID` naming the option, here and not on a payment.
 */
export function notifyPayment(options: NotifyPaymentOptions): NotifyPayment {
  const { auth = noAuth(), fetch = globalThis.fetch, onError } = options
  const post: Post = {
    url: parseBackendUrl(options.url),
    auth,
    fetch: (url, init) => fetch(url, init),
    timeoutMs: parseDuration(options.timeoutMs ?? 10_000, 'timeoutMs'),
    maxBytes: 0,
  }

  /** Resolves to why the notification did not arrive, or to undefined. */
  const send = async (paid: Paid, facts?: PaymentFacts): Promise<string | undefined> => {
    const { body, idempotencyKey } = toNotification(paid, facts)
    const { signal } = new AbortController()
    const posted = await postJson(post, body, idempotencyKey, signal)
    if (posted.kind !== 'answered') return posted.reason
    const arrived = posted.status >= 200 && posted.status <= 299
    return arrived ? undefined : `the backend answered ${posted.status}`
  }

  return (paid, facts) => {
    void Promise.resolve()
      .then(() => send(paid, facts))
      .catch(() => 'the notification could not be made')
      .then((reason) => reason !== undefined && onError?.({ paid, reason }))
      .catch(() => undefined)
  }
}

/** The specified notification: what was bought, and what is known of its payment beside it. */
export function toNotification(
  paid: Paid,
  facts?: PaymentFacts,
): { readonly body: string; readonly idempotencyKey: string } {
  const digest = createHash('sha256').update(paid.challengeId).digest('hex')
  return {
    body: JSON.stringify({ ...paid, ...(facts && { payment: toPayment(facts) }) }),
    idempotencyKey: `payment-received-${digest}`,
  }
}

function toPayment(facts: PaymentFacts): Record<string, unknown> {
  const { clientAgentId, amount, amountRaw, asset, chainId, fromAddress, paidAt } = facts
  return { clientAgentId, amount, amountRaw: `${amountRaw}`, asset, chainId, fromAddress, paidAt }
}
