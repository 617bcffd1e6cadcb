import { setTimeout as delay } from 'node:timers/promises'
import type { CredentialIssuer, CredentialRequest, Issued } from '@key0/core'
import type { AuthHeaderProvider } from './auth/AuthHeaderProvider.ts'
import { noAuth } from './auth/noAuth.ts'
import { judgeAnswer } from './backend/judgeAnswer.ts'
import { type Fetch, type Post, postJson } from './backend/postJson.ts'
import { misconfigured, parseBackendUrl, parseDuration } from './configuration.ts'
import { maxAnswerBytes } from './credential/readCredential.ts'

const maxRetries = 10
const keyText = /^[\x21-\x7e]{1,255}$/

export type RemoteTokenIssuerOptions = {
  /** Where purchases are POSTed, such as `https://backend.example/internal/issue-token`. */
  readonly url: string | URL
  /** Default {@link noAuth}. */
  readonly auth?: AuthHeaderProvider
  /** For one attempt, from asking for auth headers to the last byte of the answer. Default 10000. */
  readonly timeoutMs?: number
  /** Attempts after the first, 0 to 10. Default 2. */
  readonly retries?: number
  /** The wait before a retry in ms, by its number from 1. Default 250, 500, 1000 and so on. */
  readonly backoff?: (retry: number) => number
  readonly fetch?: Fetch
  /** Waits; may end early, also by rejecting, when the signal fires. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>
  /** Unix milliseconds, for lives given in seconds. Default `Date.now`. */
  readonly nowMs?: () => number
}

/**
 * Has the seller's backend issue the credential, and passes on whatever shape it has.
 *
 * Every attempt carries the same `Idempotency-Key`, and the backend must issue at most once for
 * it and answer a repetition with the same credential. An answer that shows nothing was issued
 * ends in `failed`; when any attempt may have been executed, the end is `unknown`, and asking
 * again later is right. Redirects are not followed. Never rejects.
 *
 * @throws Key0Error `CONFIG_INVALID` naming the option.
 */
export function createRemoteTokenIssuer(options: RemoteTokenIssuerOptions): CredentialIssuer {
  const { auth = noAuth(), fetch = globalThis.fetch, nowMs = Date.now } = options
  const timeoutMs = parseDuration(options.timeoutMs ?? 10_000, 'timeoutMs')
  const post: Post = {
    url: parseBackendUrl(options.url),
    auth,
    fetch: (url, init) => fetch(url, init),
    timeoutMs,
    maxBytes: maxAnswerBytes,
  }
  const delaysMs = parseDelays(options)
  const sleep = options.sleep ?? ((ms, signal) => delay(ms, undefined, { signal }))
  const attempts = delaysMs.length + 1

  const issue = async (request: CredentialRequest, signal: AbortSignal): Promise<Issued> => {
    const { idempotencyKey } = request
    if (!keyText.test(idempotencyKey))
      return { kind: 'failed', reason: 'the idempotency key is not fit for a header' }
    const json = purchaseJson(request)
    let mayHaveIssued = false
    let reason = 'stopped by the caller'
    let attempt = 0
    while (attempt < attempts && !signal.aborted) {
      attempt += 1
      const verdict = judgeAnswer(await postJson(post, json, idempotencyKey, signal), nowMs())
      if (verdict.kind === 'issued') return verdict
      mayHaveIssued ||= verdict.mayHaveIssued
      reason = verdict.reason
      const delayMs = delaysMs[attempt - 1]
      if (!verdict.isWorthRetrying || delayMs === undefined || signal.aborted) break
      await sleep(delayMs, signal).catch(() => undefined)
    }
    const kind = mayHaveIssued ? 'unknown' : 'failed'
    return { kind, reason: `${reason} (attempt ${attempt} of ${attempts})` }
  }

  return { issue, worstCaseMs: delaysMs.reduce((sum, ms) => sum + ms, timeoutMs * attempts) }
}

/** Asked for once, here, so that `worstCaseMs` is exact. */
function parseDelays({ retries = 2, backoff }: RemoteTokenIssuerOptions): readonly number[] {
  if (!Number.isSafeInteger(retries) || retries < 0 || retries > maxRetries)
    throw misconfigured('retries', `0 to ${maxRetries}`)
  const delayOf = backoff ?? ((retry: number) => 250 * 2 ** (retry - 1))
  return Array.from({ length: retries }, (_, index) =>
    parseDuration(delayOf(index + 1), `backoff(${index + 1})`, 0),
  )
}

function purchaseJson(request: CredentialRequest): string {
  return JSON.stringify({
    challengeId: request.challengeId,
    requestId: request.requestId,
    clientAgentId: request.clientAgentId,
    resourceId: request.resourceId,
    planId: request.planId,
    amount: request.amount,
    amountRaw: `${request.amountRaw}`,
    unitAmount: request.amount,
    chainId: request.chainId,
    txHash: request.txHash,
    fromAddress: request.fromAddress,
    idempotencyKey: request.idempotencyKey,
  })
}
