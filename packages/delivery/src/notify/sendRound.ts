import { type AuditEntry, type ChallengeRecord, type ChallengeStore, Key0Error } from '@key0/core'
import { describe, isDelivered } from './deliverReceipt.ts'
import type { LoggedAttempt } from './deliveryLog.ts'
import { toLoggedAttempt } from './deliveryLog.ts'
import type { Endpoint } from './Endpoint.ts'
import { type Item, MANY_FAILURES, type Round } from './planRound.ts'
import type { Ended, Results } from './settleRound.ts'

/** Events of one lane that are on their way at once, each of another challenge. */
const CONCURRENCY = 16

/** What a receiver says of one message. 401, 403 and 404 are about the endpoint: all fail alike. */
const REFUSALS: ReadonlySet<number> = new Set([400, 409, 413, 415, 422])

export type SendContext = {
  readonly store: Pick<ChallengeStore, 'events' | 'get'>
  readonly endpoint: Endpoint
  readonly nowMs: () => number
  /** Nothing is begun after this. */
  readonly untilMs: number
  readonly signal: AbortSignal
}

export type Sent = { readonly results: Results; readonly log: readonly LoggedAttempt[] }

/**
 * Sends what a round tries. An endpoint that fails several times in a row is left alone: the rest
 * waits, untried.
 *
 * @throws STORE_UNAVAILABLE; what arrived until then is sent once more later
 */
export async function sendRound(ctx: SendContext, round: Round): Promise<Sent> {
  const results = new Map<Item, Ended>()
  const log: LoggedAttempt[] = []
  const groups = round.groups.values()
  let failures = 0
  let broken: { readonly cause: unknown } | undefined
  const isOver = (): boolean =>
    ctx.signal.aborted || ctx.nowMs() >= ctx.untilMs || failures >= MANY_FAILURES || !!broken

  const sendGroup = async (group: readonly Item[]): Promise<void> => {
    let record: ChallengeRecord | undefined
    for (const [index, item] of group.entries()) {
      if (isOver()) return
      const entry = item.entry ?? (await readEntry(ctx.store, item))
      if (index === 0) {
        const read = await readRecord(ctx.store, item.challengeId)
        if (read === 'sealed') return void results.set(item, sealed)
        record = read
      }
      const { ended, attempt } = await send(ctx, item, entry, record)
      if (attempt) log.push(attempt)
      if (ended === undefined) return
      results.set(item, ended)
      if (ended.kind === 'failed' && !ended.isRefusal) failures += 1
      if (ended.kind === 'delivered') failures = 0
      if (ended.kind === 'failed') return
    }
  }
  const work = async (): Promise<void> => {
    for (const group of groups) {
      if (isOver()) return
      await sendGroup(group)
    }
  }
  const workers = Array.from({ length: CONCURRENCY }, () =>
    work().catch((cause: unknown) => {
      broken = { cause }
    }),
  )
  await Promise.all(workers)
  if (broken) throw broken.cause
  return { results, log }
}

/** It is tried again: whoever took the key away too early puts it back. */
const sealed: Ended = {
  ...{ kind: 'failed', isRefusal: true },
  reason: 'what was bought cannot be opened: its encryption key is missing',
}

/**
 * A record whose secrets this process has no key for stops its own events and nobody else's.
 *
 * @throws STORE_UNAVAILABLE when it is the store that does not answer
 */
async function readRecord(
  store: SendContext['store'],
  challengeId: string,
): Promise<ChallengeRecord | 'sealed' | undefined> {
  try {
    return await store.get(challengeId)
  } catch (cause) {
    const field = Key0Error.is(cause, 'STORE_UNAVAILABLE') ? cause.facts.field : undefined
    if (field === undefined) throw cause
    return 'sealed'
  }
}

/** The entry of a parked event, unless the stream has another one in its place by now. */
async function readEntry(
  store: SendContext['store'],
  { sequence, challengeId }: Item,
): Promise<AuditEntry | undefined> {
  const [entry] = await store.events(sequence - 1, 1)
  const isIt = entry?.sequence === sequence && entry.challengeId === challengeId
  return isIt ? entry : undefined
}

async function send(
  ctx: SendContext,
  item: Item,
  entry: AuditEntry | undefined,
  record: ChallengeRecord | undefined,
): Promise<{ readonly ended?: Ended; readonly attempt?: LoggedAttempt }> {
  const { endpoint, signal } = ctx
  if (!entry) return { ended: { kind: 'vanished' } }
  const startedAtMs = ctx.nowMs()
  const message = await endpoint.write(entry, record, startedAtMs)
  if (message === undefined) return { ended: { kind: 'vanished' } }
  if (typeof message === 'string') return { ended: { kind: 'unsendable', reason: message } }
  const posted = await endpoint.post(message, signal)
  if (posted.kind === 'stopped') return {}
  const tookMs = ctx.nowMs() - startedAtMs
  const attempt = toLoggedAttempt({ item, entry, message, posted, startedAtMs, tookMs })
  if (isDelivered(posted)) return { ended: { kind: 'delivered' }, attempt }
  const asked = posted.kind === 'answered' ? posted.retryAfterMs : undefined
  const reason = describe(posted)
  const retry = asked === undefined ? {} : { retryAfterMs: asked }
  const isRefusal = posted.kind === 'answered' && REFUSALS.has(posted.status)
  return { ended: { kind: 'failed', reason, isRefusal, ...retry }, attempt }
}
