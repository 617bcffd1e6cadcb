import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { RefundProgress } from '../challenge/RefundProgress.ts'
import type { Submission } from '../challenge/Submission.ts'
import { invariant } from '../errors/invariant.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Sighting } from '../ports/Chain.ts'
import { STORE_LOST_WRITES } from './closed.ts'
import { examinePayment, findForgery } from './examinePayment.ts'
import { isBehindNow } from './findFence.ts'
import type { RefundContext } from './RefundContext.ts'
import { finishRefund, holdRefund, progress } from './refundWrites.ts'
import { revokeIssued } from './revokeIssued.ts'

// Unsigned yet, so not even its deadline is known: it is as unused as can be.
const NO_DEADLINE = 2n ** 63n

/** Where a refund stands after one pass. `pending` says what it waits for. */
export type Continued =
  | { readonly kind: 'refunded'; readonly record: ChallengeRecord }
  | { readonly kind: 'failed'; readonly record: ChallengeRecord; readonly reason: string }
  | { readonly kind: 'pending'; readonly record: ChallengeRecord; readonly reason: string }

/**
 * Brings one REFUND_PENDING record as far as it goes now: observe, sign, persist, send, observe.
 * Any number of workers may run it on the same record, after any crash: the chain executes the
 * refund's nonce once, and only the chain's log makes it REFUNDED.
 */
export async function continueRefund(
  ctx: RefundContext,
  record: ChallengeRecord,
): Promise<Continued> {
  if (!record.refund)
    return holdRefund(ctx, record, 'claimed without an intent of ours: it may have been paid')
  if (record.refund.chainId !== ctx.chain.chainId || record.chainId !== ctx.chain.chainId)
    return { kind: 'pending', record, reason: `it is on chain ${record.chainId}` }
  const sighting = await sightRefund(ctx, record.refund, 0)
  if (record.held !== undefined && sighting.kind !== 'confirmed')
    return { kind: 'pending', record, reason: `held: ${record.held}` }
  const isExpired = sighting.kind === 'dead' && sighting.cause === 'expired'
  if (ctx.stopped && (isExpired || sighting.kind === 'unused'))
    return { kind: 'pending', record, reason: 'an operator stopped all refunds' }
  // A claim that was signed was made by a store that knew of no delivery, and stays good.
  if (record.refund.stage === 'INTENT' && sighting.kind === 'unused')
    if (await isBehindNow(ctx, record)) return holdRefund(ctx, record, STORE_LOST_WRITES)
  if (isExpired) return send(ctx, record, true)
  if (sighting.kind === 'unused') return send(ctx, record, false)
  return conclude(ctx, record, sighting)
}

function sightRefund(
  ctx: RefundContext,
  refund: RefundProgress,
  waitMs: number,
): Promise<Sighting> {
  const { token, from, nonce, to, value, sinceBlock, carriers } = refund
  return ctx.chain.observe({
    token,
    from,
    nonce,
    to,
    value,
    validBefore: refund.validBefore ?? NO_DEADLINE,
    sinceBlock,
    hints: carriers.map((carrier) => carrier.txHash).filter((hash) => hash !== undefined),
    carriers,
    finality: ctx.settings.finality,
    waitMs,
  })
}

/** Decides from what the chain said. Nothing else ever finishes a refund. */
async function conclude(
  ctx: RefundContext,
  record: ChallengeRecord,
  sighting: Sighting,
): Promise<Continued> {
  const { refund } = record
  invariant(refund, 'a refund in progress has its intent')
  switch (sighting.kind) {
    case 'confirmed':
      return finishRefund(ctx, record, sighting.evidence)
    case 'seen': {
      const mined =
        refund.stage === 'MINED' ? record : await progress(ctx, record, { stage: 'MINED' })
      return { kind: 'pending', record: mined, reason: 'mined, not final yet' }
    }
    case 'mismatch':
      return holdRefund(ctx, record, 'its nonce moved money elsewhere: stop this wallet')
    case 'dead':
      if (sighting.cause === 'cancelled')
        return fail(ctx, record, 'the refund was cancelled on chain')
      return { kind: 'pending', record, reason: 'expired: it is signed anew on the next pass' }
    case 'unused':
    case 'absent':
      return { kind: 'pending', record, reason: 'sent, not mined yet' }
    case 'unreachable':
      return { kind: 'pending', record, reason: 'the chain could not be asked' }
  }
}

async function send(
  ctx: RefundContext,
  record: ChallengeRecord,
  expired: boolean,
): Promise<Continued> {
  invariant(record.refund, 'a refund in progress has its intent')
  const { carriers, token } = record.refund
  const lastMs = carriers.at(-1)?.atMs
  if (!expired && lastMs && ctx.clock.nowMs() - lastMs < ctx.settings.resubmitAfterMs)
    return { kind: 'pending', record, reason: 'sent, not mined yet' }

  const obstacle = await ctx.payout.findObstacle(record.refund)
  if (obstacle) return block(ctx, record, obstacle, expired)
  let current = await sign(ctx, record, expired)
  if (current.kind !== 'signed') return current
  const refund = current.record.refund as RefundProgress &
    Required<Pick<RefundProgress, 'signature'>>
  const authorization = { ...toAuthorization(refund), signature: refund.signature }
  let latest = current.record
  const sent = await ctx.payout.carry(
    { token, authorization, previous: refund.carriers },
    async (carrier) => {
      latest = await keepCarrier(ctx, latest, carrier)
    },
  )
  current = { kind: 'signed', record: latest }
  invariant(latest.refund, 'a refund in progress has its intent')
  const refused = sent.kind === 'refused'
  const sighting = await sightRefund(ctx, latest.refund, refused ? 0 : ctx.settings.waitMs)
  // What cannot be carried may have been carried meanwhile: only an unused nonce never left.
  if (refused && sighting.kind === 'unused')
    return block(ctx, latest, { kind: 'passing', reason: sent.reason }, false)
  return conclude(ctx, latest, sighting)
}

type Signed = { readonly kind: 'signed'; readonly record: ChallengeRecord }

/** Signs once and persists the signature before anybody sees it; anew only when it expired. */
async function sign(
  ctx: RefundContext,
  record: ChallengeRecord,
  expired: boolean,
): Promise<Signed | Continued> {
  const { refund } = record
  invariant(refund, 'a refund in progress has its intent')
  if (refund.signature && !expired) return { kind: 'signed', record }
  if (!ctx.payout.canSignFor(refund.from))
    return { kind: 'pending', record, reason: `no key for the payee ${refund.from}` }
  const examined = await examinePayment(ctx, record)
  if (examined.kind === 'wait') return { kind: 'pending', record, reason: examined.reason }
  if (examined.kind === 'hold') return holdRefund(ctx, record, examined.reason)
  const forged = findForgery(ctx, record, refund, examined.evidence)
  if (forged) return holdRefund(ctx, record, forged)
  if (!refund.signature) await revokeIssued(ctx, record)
  const head = await ctx.chain.head()
  const nowSeconds = BigInt(Math.floor(ctx.clock.nowMs() / 1000))
  const from = head.time > nowSeconds ? head.time : nowSeconds
  const validBefore = from + BigInt(ctx.settings.validForSeconds)
  try {
    const signature = await ctx.payout.sign(
      refund.token,
      toAuthorization({ ...refund, validBefore }),
    )
    // The carriers of an expired signature can only revert: they must not go out again.
    const carriers = expired ? [] : refund.carriers
    const step = { stage: 'SIGNED', validBefore, signature, carriers } as const
    const signed = await progress(ctx, record, step)
    return { kind: 'signed', record: signed }
  } catch (error) {
    if (Key0Error.is(error, 'SIGNER_REFUSED') && (refund.carriers.length === 0 || expired))
      return fail(ctx, record, 'the signer refused')
    throw error
  }
}

function toAuthorization(refund: RefundProgress) {
  const { from, to, value, nonce, validBefore } = refund
  invariant(validBefore, 'a refund is signed with a deadline')
  return { from, to, value, nonce, validAfter: 0n, validBefore }
}

async function keepCarrier(
  ctx: RefundContext,
  record: ChallengeRecord,
  carrier: Submission,
): Promise<ChallengeRecord> {
  invariant(record.refund, 'a refund in progress has its intent')
  const { carriers, attempts } = record.refund
  return progress(ctx, record, {
    stage: 'SENT',
    carriers: [...carriers, carrier],
    attempts: attempts + 1,
  })
}

/**
 * Something stands against the refund. While any carrier may still execute it, its fate is not
 * ours to decide; only a refund that provably never left may be given up.
 */
async function block(
  ctx: RefundContext,
  record: ChallengeRecord,
  obstacle: { readonly kind: 'passing' | 'lasting'; readonly reason: string },
  expired: boolean,
): Promise<Continued> {
  const { refund } = record
  invariant(refund, 'a refund in progress has its intent')
  const neverLeft = refund.carriers.length === 0 || expired
  const overdue = ctx.clock.nowMs() - refund.claimedAtMs >= ctx.settings.giveUpAfterMs
  if (neverLeft && (obstacle.kind === 'lasting' || overdue))
    return fail(ctx, record, obstacle.reason)
  const same = refund.stage === 'BLOCKED' && refund.blockedReason === obstacle.reason
  const blocked = same
    ? record
    : await progress(ctx, record, { stage: 'BLOCKED', blockedReason: obstacle.reason })
  return { kind: 'pending', record: blocked, reason: obstacle.reason }
}

async function fail(
  ctx: RefundContext,
  record: ChallengeRecord,
  reason: string,
): Promise<Continued> {
  const outcome = await ctx.store.transition({
    id: record.challengeId,
    from: 'REFUND_PENDING',
    to: 'REFUND_FAILED',
    fields: { refundError: reason },
    version: record.version,
    key: ctx.newId(),
    reason,
  })
  if (outcome.kind !== 'applied' && outcome.kind !== 'replayed')
    return { kind: 'pending', record, reason: 'another worker is on it' }
  ctx.observe({ name: 'refund.failed', challenge: outcome.record, reason })
  return { kind: 'failed', record: outcome.record, reason }
}
