import type { Credential } from '@key0/core'
import { readCredential } from '../credential/readCredential.ts'
import type { Posted } from './postJson.ts'

/** What one attempt means. `mayHaveIssued` is false only when the backend certainly did not. */
export type Verdict =
  | { readonly kind: 'issued'; readonly credential: Credential }
  | {
      readonly kind: 'not issued'
      readonly reason: string
      readonly mayHaveIssued: boolean
      readonly isWorthRetrying: boolean
    }

/**
 * Refusals that pass: the request was not executed. 408 and 425 say so, 429 and 503 ask to come
 * back, and 500 is the backend's own word that issuing failed.
 */
const passing = new Set([408, 425, 429, 500, 503])
/** Not implemented, and the version of HTTP: nothing was executed and nothing will change. */
const hopeless = new Set([501, 505])

/**
 * Reads one attempt. 409 is the answer of a backend where an earlier request with the same
 * idempotency key is still at work (draft-ietf-httpapi-idempotency-key-header section 2.6), and
 * the other 5xx, such as 502 and 504, come from something in between: after these, as after a
 * lost connection, the credential may exist.
 */
export function judgeAnswer(posted: Posted, nowMs: number): Verdict {
  if (posted.kind !== 'answered') return notIssued(posted.reason, posted.kind === 'lost', true)
  const { status, body, mediaType } = posted
  const reason = `the backend answered ${status}`
  if (body?.kind === 'unreadable') return notIssued(`${reason} with ${body.reason}`, true, false)
  if (body) {
    const credential = readCredential({ text: body.text, mediaType }, nowMs)
    if (credential) return { kind: 'issued', credential }
    return notIssued(`${reason} without a readable credential`, true, false)
  }
  if (passing.has(status)) return notIssued(reason, false, true)
  if (status === 409 || (status >= 500 && !hopeless.has(status)))
    return notIssued(reason, true, true)
  return notIssued(reason, false, false)
}

const notIssued = (reason: string, mayHaveIssued: boolean, isWorthRetrying: boolean): Verdict => ({
  kind: 'not issued',
  reason,
  mayHaveIssued,
  isWorthRetrying,
})
