import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { failuresOf } from '../challenge/failuresOf.ts'
import { sameAddress } from '../challenge/hex.ts'
import { authorizationRef } from '../challenge/PaymentRef.ts'
import type { SettlementIntent } from '../challenge/SettlementIntent.ts'
import type { Submission } from '../challenge/Submission.ts'
import { invariant } from '../errors/invariant.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import type { Head, Verification } from '../ports/Chain.ts'
import { expire, load } from './close.ts'
import { closedError } from './closed.ts'
import type { PresentedPayment } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import { applySighting, deepen, payerProofRequired, sight } from './evidence.ts'
import { findAbandoned } from './findAbandoned.ts'
import type { Deliverer } from './Maker.ts'
import { offerOf } from './offerOf.ts'

// How far back we look for who used an authorization before it reached us.
const USED_BEFORE_BLOCKS = 2_000n

type Presented = Pick<PresentedPayment, 'authorization' | 'onlyFresh'>

/**
 * Turns a presented authorization into a PAID challenge, or into an error that says exactly why
 * not. Safe to call again after any failure, from any process.
 */
export async function settle(
  ctx: EngineContext,
  record: ChallengeRecord,
  presented: Presented,
  deliverer?: Deliverer,
): Promise<ChallengeRecord> {
  const { authorization } = presented
  if (hasOpenIntent(record)) return resume(ctx, record, authorization, deliverer)
  const current = await expire(ctx, record)
  if (current.state !== 'PENDING') return join(ctx, current, authorization, deliverer)
  await assertUnpaid(ctx, current)
  let head: Head
  try {
    head = await check(ctx, current, authorization)
  } catch (error) {
    // A used nonce or an emptied account may be the trace of another request's own settlement.
    const latest = await load(ctx, current.challengeId)
    if (latest.state === 'PENDING' && !hasOpenIntent(latest)) throw error
    return join(ctx, latest, authorization, deliverer)
  }

  const outcome = await ctx.store.reserve(
    current.challengeId,
    toIntent(ctx, current, presented, head),
    { key: ctx.newId() },
  )
  switch (outcome.kind) {
    case 'applied':
      return finish(ctx, outcome.record, { deliverer, waits: true, now: true })
    case 'replayed':
    case 'lost':
      return join(ctx, outcome.record, authorization, deliverer)
    case 'foreign':
      throw new Key0Error('PAYMENT_SPENT')
    case 'absent':
      throw new Key0Error('CHALLENGE_UNKNOWN')
  }
}

/**
 * A challenge whose payment arrived, and only lacks the proof of who made it, takes no second one:
 * its payer would pay twice for one request.
 */
async function assertUnpaid(ctx: EngineContext, record: ChallengeRecord): Promise<void> {
  const { intent } = record
  if (intent?.stage !== 'VOID' || intent.voidReason !== 'PAYER_PROOF_REQUIRED') return
  throw await usedBefore(ctx, record, intent.authorization, { head: await ctx.chain.head() })
}

type Finish = {
  /** Takes the delivery lease in the same step; absent: nobody delivers next. */
  readonly deliverer?: Deliverer | undefined
  /** Whether somebody is waiting for the answer. */
  readonly waits: boolean
  /** Submit at once; otherwise only when nobody did for a while. */
  readonly now: boolean
}

/**
 * Brings an open intent on: submits its authorization when that is due, then believes only the
 * chain.
 */
export async function finish(
  ctx: EngineContext,
  record: ChallengeRecord,
  { deliverer, waits, now }: Finish,
): Promise<ChallengeRecord> {
  const { settings } = ctx
  const finality = settings.finality.payment
  let current = record
  let waitMs = waits ? settings.settleWaitMs : 0
  const abandoned = now ? record : await findAbandoned(ctx, record, waitMs)
  if (abandoned) {
    current = abandoned
    const submitted = await submit(ctx, current, async (submission) => {
      current = await journal(ctx, current, submission)
    })
    if (submitted === 'refused') waitMs = 0
  }
  const sighting = await sight(ctx, current, { finality, waitMs })
  return applySighting(ctx, current, await deepen(ctx, current, sighting), deliverer)
}

/** Another request was faster, here or elsewhere: go on from where it brought the record. */
async function join(
  ctx: EngineContext,
  record: ChallengeRecord,
  authorization: SignedAuthorization,
  deliverer?: Deliverer,
): Promise<ChallengeRecord> {
  if (hasOpenIntent(record)) return resume(ctx, record, authorization, deliverer)
  if (record.state === 'PAID' || record.state === 'DELIVERED') return record
  throw record.state === 'PENDING' ? voidedError(record) : closedError(record)
}

/** Another request's intent is open: only its own authorization may go on with it. */
async function resume(
  ctx: EngineContext,
  record: ChallengeRecord,
  authorization: SignedAuthorization,
  deliverer?: Deliverer,
): Promise<ChallengeRecord> {
  invariant(record.intent, 'an open intent is there')
  const theirs = record.intent.authorization
  if (!sameAddress(theirs.from, authorization.from)) throw new Key0Error('REQUEST_CONFLICT')
  // The same payer with a new authorization: never submitted, because the first may still pay.
  if (theirs.nonce.toLowerCase() !== authorization.nonce.toLowerCase())
    throw new Key0Error('SETTLEMENT_PENDING')
  return finish(ctx, record, { deliverer, waits: true, now: false })
}

/** Every check before an intent exists. Nothing is spent and nothing changes. */
async function check(
  ctx: EngineContext,
  record: ChallengeRecord,
  authorization: SignedAuthorization,
): Promise<Head> {
  const offer = offerOf(record, ctx.settings.maxTimeoutSeconds)
  const verification = await ctx.chain.verify(offer, authorization)
  if (verification.kind === 'used') throw await usedBefore(ctx, record, authorization, verification)
  const head = assertValid(verification)
  const second = await ctx.settler.precheck?.(offer, authorization)
  // Unused a moment ago: it may have paid us in between, and the chain must say whether it did.
  if (second?.kind === 'used') throw await usedBefore(ctx, record, authorization, second)
  if (second) assertValid(second)
  return head
}

function assertValid(verification: Verification): Head {
  switch (verification.kind) {
    case 'valid':
      return verification.head
    case 'used':
      throw new Key0Error('AUTHORIZATION_USED')
    case 'invalid':
      throw new Key0Error(verification.code, { facts: verification.facts })
    case 'unreachable':
      throw new Key0Error('CHAIN_UNREACHABLE', { cause: verification.cause })
  }
}

/** The nonce was used before we stored an intent. Whose is it, and who may present it? */
async function usedBefore(
  ctx: EngineContext,
  record: ChallengeRecord,
  authorization: SignedAuthorization,
  { head }: { readonly head: Head },
): Promise<Key0Error> {
  const { chainId, token, challengeId } = record
  const { from, nonce, to, value, validBefore } = authorization
  const claim = await ctx.store.getClaim(authorizationRef({ chainId, token, from, nonce }))
  if (claim && claim.challengeId !== challengeId) return new Key0Error('PAYMENT_SPENT')
  const sinceBlock = head.number > USED_BEFORE_BLOCKS ? head.number - USED_BEFORE_BLOCKS : 0n
  const finality = ctx.settings.finality.payment
  const query = { token, from, nonce, to, value, validBefore, sinceBlock, finality }
  const sighting = await ctx.chain.observe(query)
  switch (sighting.kind) {
    case 'confirmed':
    case 'seen':
      return payerProofRequired(challengeId, sighting.evidence)
    case 'dead':
      return new Key0Error('AUTHORIZATION_CANCELLED')
    case 'unreachable':
      return new Key0Error('CHAIN_UNREACHABLE', { cause: sighting.cause })
    case 'mismatch':
      return new Key0Error('AUTHORIZATION_USED', { facts: sighting.facts })
    case 'unused':
    case 'absent':
      // Used a moment ago and unused now: the nodes disagree, and it may well have paid us.
      return new Key0Error('CHAIN_UNREACHABLE')
  }
}

function toIntent(
  ctx: EngineContext,
  record: ChallengeRecord,
  { authorization, onlyFresh }: Presented,
  head: Head,
): SettlementIntent {
  const { chainId, token } = record
  const earlier = failuresOf(record)
  return {
    paymentRef: authorizationRef({ chainId, token, ...authorization }),
    authorization,
    fingerprint: JSON.stringify([
      record.scope,
      record.requestId,
      record.planId,
      record.resourceId,
      authorization.from.toLowerCase(),
    ]),
    stage: 'OPEN',
    sinceBlock: head.number,
    submissions: [],
    createdAtMs: ctx.clock.nowMs(),
    ...(onlyFresh === true && { onlyFresh }),
    ...(earlier.length > 0 && { earlier }),
  }
}

async function submit(
  ctx: EngineContext,
  record: ChallengeRecord,
  keep: (submission: Submission) => Promise<void>,
): Promise<'submitted' | 'refused' | 'unknown'> {
  const { intent, token, challengeId } = record
  invariant(intent, 'only an intent is submitted')
  const offer = offerOf(record, ctx.settings.maxTimeoutSeconds)
  const { authorization, submissions: previous } = intent
  try {
    const result = await ctx.settler.submit({ token, offer, authorization, previous }, keep)
    if (result.kind === 'submitted') return 'submitted'
    ctx.observe({ name: 'settlement.pending', challenge: record, reason: result.reason })
    return result.kind
  } catch (cause) {
    // What a submitter throws decides nothing; the chain is asked next.
    ctx.observe({ name: 'alert', what: 'the settler threw', challengeId, cause })
    return 'unknown'
  }
}

/** Persists a submission before it leaves the process. Throws when the intent is no longer open. */
async function journal(
  ctx: EngineContext,
  record: ChallengeRecord,
  submission: Submission,
): Promise<ChallengeRecord> {
  const { intent } = record
  if (!intent || record.state !== 'PENDING' || intent.stage !== 'OPEN')
    throw new Error('the settlement was decided meanwhile')
  const outcome = await ctx.store.transition({
    id: record.challengeId,
    from: 'PENDING',
    to: 'PENDING',
    fields: { intent: { ...intent, submissions: [...intent.submissions, submission] } },
    version: record.version,
    key: ctx.newId(),
  })
  switch (outcome.kind) {
    case 'applied':
    case 'replayed':
      return outcome.record
    case 'lost':
      if (outcome.record.intent?.paymentRef !== intent.paymentRef)
        throw new Error('the settlement was decided meanwhile')
      return journal(ctx, outcome.record, submission)
    case 'absent':
    case 'foreign':
      throw new Error('the challenge is gone')
  }
}

function voidedError(record: ChallengeRecord): Key0Error {
  const code = record.intent?.voidReason
  switch (code) {
    case 'AUTHORIZATION_CANCELLED':
    case 'AUTHORIZATION_USED':
    case 'PAYER_PROOF_REQUIRED':
      return new Key0Error(code)
  }
  return new Key0Error('AUTHORIZATION_EXPIRED')
}
