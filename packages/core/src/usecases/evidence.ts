import type { ChallengeFields, ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import type { SettlementIntent } from '../challenge/SettlementIntent.ts'
import { invariant } from '../errors/invariant.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Finality, PaymentEvidence, Sighting } from '../ports/Chain.ts'
import { claimTransaction } from './claimTransaction.ts'
import { load } from './close.ts'
import { CLAIMED_ELSEWHERE, closedError } from './closed.ts'
import type { EngineContext } from './EngineContext.ts'
import { type Deliverer, leaseOf } from './Maker.ts'
import { payerProofMessage } from './payerProof.ts'

// What a process needs at most between a claim in the seller's store and writing the payment down.
const CLAIM_WAIT_MS = 2_000

/** Asks the chain where a challenge's stored authorization stands. */
export async function sight(
  ctx: EngineContext,
  record: ChallengeRecord,
  options: { readonly finality: Finality; readonly waitMs?: number },
): Promise<Sighting> {
  const { intent } = record
  invariant(intent, 'only a record with an intent is looked for')
  const { from, to, nonce, value, validBefore } = intent.authorization
  const sent = intent.submissions.map((submission) => submission.txHash)
  return ctx.chain.observe({
    token: record.token,
    from,
    nonce,
    to,
    value,
    validBefore,
    sinceBlock: intent.sinceBlock,
    hints: [record.txHash, ...sent].filter((hash) => hash !== undefined),
    ...options,
  })
}

/**
 * What would free a challenge for a second payment is believed only as deep as a refund: a
 * reorganisation may undo it, and the authorization pay after all.
 */
export async function deepen(
  ctx: EngineContext,
  record: ChallengeRecord,
  sighting: Sighting,
): Promise<Sighting> {
  const { payment, refund } = ctx.settings.finality
  const frees = sighting.kind === 'dead' || sighting.kind === 'mismatch'
  return frees && payment !== refund ? sight(ctx, record, { finality: refund }) : sighting
}

/**
 * Turns what the chain said about an open intent into the record's next state: PAID on evidence,
 * void on evidence, and otherwise an error that says "pending" and leaves the intent open.
 * `deliverer` takes the delivery lease in the same step.
 */
export async function applySighting(
  ctx: EngineContext,
  record: ChallengeRecord,
  sighting: Sighting,
  deliverer?: Deliverer,
): Promise<ChallengeRecord> {
  const { intent } = record
  invariant(intent, 'only a record with an intent is looked for')
  switch (sighting.kind) {
    case 'confirmed':
      // A use before the intent was stored is public knowledge: it does not prove who is asking.
      if (usedBefore(intent, sighting.evidence)) {
        const what = 'a payment was used before its settlement: only its payer can claim it'
        ctx.observe({ name: 'alert', what, challengeId: record.challengeId })
        await voidIntent(ctx, record, intent, 'PAYER_PROOF_REQUIRED')
        throw payerProofRequired(record.challengeId, sighting.evidence)
      }
      return claimAndMark(ctx, record, sighting.evidence, deliverer)
    case 'dead': {
      const code =
        sighting.cause === 'expired' ? 'AUTHORIZATION_EXPIRED' : 'AUTHORIZATION_CANCELLED'
      await voidIntent(ctx, record, intent, code)
      throw new Key0Error(code)
    }
    case 'mismatch':
      if (sameAddress(sighting.facts.paidTo ?? '', record.destination)) {
        // Its name is this challenge's for good, and what it paid is not: no record can hold it.
        const what = `an authorization paid ${sighting.facts.paidValue}, not what it was presented for`
        ctx.observe({ name: 'alert', what, challengeId: record.challengeId })
      }
      await voidIntent(ctx, record, intent, 'AUTHORIZATION_USED')
      throw new Key0Error('AUTHORIZATION_USED', { facts: sighting.facts })
    case 'seen':
    case 'unused':
    case 'absent':
    case 'unreachable':
      ctx.observe({ name: 'settlement.pending', challenge: record, reason: sighting.kind })
      throw new Key0Error('SETTLEMENT_PENDING', {
        facts: pendingFacts(sighting),
        ...(sighting.kind === 'unreachable' && { cause: sighting.cause }),
      })
  }
}

/** Claims the transaction in the seller's own store, if there is one, and spends the payment. */
async function claimAndMark(
  ctx: EngineContext,
  record: ChallengeRecord,
  evidence: PaymentEvidence,
  deliverer?: Deliverer,
): Promise<ChallengeRecord> {
  const { challengeId, expiresAt } = record
  const claim = await claimTransaction(ctx, record, evidence)
  if (claim === 'ours') return markPaid(ctx, record, evidence, { deliverer })
  if (claim === 'unknown') {
    // Another process may have claimed it for this very challenge, and be about to say so.
    await ctx.sleep(CLAIM_WAIT_MS)
    const latest = await load(ctx, challengeId)
    if (latest.state === 'PAID' || latest.state === 'DELIVERED') return latest
    if (latest.version !== record.version || expiresAt.getTime() > ctx.clock.nowMs())
      throw new Key0Error('SETTLEMENT_PENDING', { facts: { txHash: evidence.txHash } })
  }
  const held = CLAIMED_ELSEWHERE
  await markPaid(ctx, record, evidence, { held })
  ctx.observe({ name: 'alert', what: `a payment is held: ${held}`, challengeId })
  throw new Key0Error('PAYMENT_SPENT')
}

/** Spends the payment: the claim and PENDING -> PAID in one step of the store. */
export async function markPaid(
  ctx: EngineContext,
  record: ChallengeRecord,
  evidence: PaymentEvidence,
  { deliverer, held }: { readonly deliverer?: Deliverer | undefined; readonly held?: string } = {},
): Promise<ChallengeRecord> {
  const { payment, refund } = ctx.settings.finality
  const nowMs = ctx.clock.nowMs()
  const { intent } = record
  const ours = intent?.paymentRef === evidence.paymentRef
  const fields: ChallengeFields & { txHash: `0x${string}` } = {
    txHash: evidence.txHash,
    paidAt: new Date(nowMs),
    fromAddress: evidence.from,
    paidBlock: { number: evidence.block.number, hash: evidence.block.hash },
    paymentFinal: payment === refund,
    ...(intent && ours && { intent: { ...intent, stage: 'PAID' } satisfies SettlementIntent }),
    ...(deliverer && { lease: leaseOf(ctx, deliverer) }),
    ...(held !== undefined && { held }),
  }
  const { challengeId } = record
  const attempt = { key: ctx.newId() }
  const outcome = await ctx.store.settle(challengeId, evidence.paymentRef, fields, attempt)
  switch (outcome.kind) {
    case 'applied':
      ctx.observe({ name: 'challenge.paid', challenge: outcome.record })
      return outcome.record
    case 'replayed':
      return outcome.record
    case 'foreign':
      throw new Key0Error('PAYMENT_SPENT')
    case 'lost': {
      const { state } = outcome.record
      // Another authorization may be paying right now: this payment waits for that answer.
      if (state === 'PENDING') throw closedError(outcome.record)
      ctx.observe({ name: 'alert', what: 'a payment reached a closed challenge', challengeId })
      const bought = state === 'PAID' || state === 'DELIVERED'
      throw bought ? new Key0Error('REQUEST_CONFLICT') : closedError(outcome.record)
    }
    case 'absent':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

/**
 * The chain proved that this authorization can never pay us: the challenge is free again. When
 * somebody moved the record meanwhile, nothing is free and the caller must ask again.
 */
export async function voidIntent(
  ctx: EngineContext,
  record: ChallengeRecord,
  intent: SettlementIntent,
  reason: string,
): Promise<void> {
  const outcome = await ctx.store.transition({
    id: record.challengeId,
    from: 'PENDING',
    to: 'PENDING',
    fields: { intent: { ...intent, stage: 'VOID', voidReason: reason } },
    version: record.version,
    key: ctx.newId(),
    reason,
  })
  if (outcome.kind !== 'applied' && outcome.kind !== 'replayed')
    throw new Key0Error('SETTLEMENT_PENDING')
}

/** Our own carrier is never earlier than its intent, whatever a reorganisation did to heights. */
function usedBefore(intent: SettlementIntent, { block, txHash }: PaymentEvidence): boolean {
  const ours = intent.submissions.some((submission) => submission.txHash === txHash)
  return !ours && block.number <= intent.sinceBlock
}

export function payerProofRequired(challengeId: string, evidence: PaymentEvidence): Key0Error {
  const { txHash } = evidence
  const message = payerProofMessage(challengeId, txHash)
  return new Key0Error('PAYER_PROOF_REQUIRED', { facts: { txHash, message } })
}

function pendingFacts(sighting: Sighting): Record<string, string> {
  return sighting.kind === 'seen' ? { txHash: sighting.evidence.txHash } : {}
}
