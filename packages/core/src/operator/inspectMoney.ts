import type { AuditEntry } from '../challenge/AuditEntry.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import type { Chain, Finality, Sighting } from '../ports/Chain.ts'
import { readRecord } from './carryOut.ts'
import { type Money, moneyKindOf, toMoney } from './Money.ts'
import type { OperatorContext } from './OperatorContext.ts'
import { areRefundsStopped } from './refundSwitch.ts'

/** A record without what a stranger could use: no grant, response, signature, or raw transaction. */
export type PublicRecord = Omit<
  ChallengeRecord,
  'accessGrant' | 'response' | 'intent' | 'refund'
> & {
  /** Whether what was paid for is stored: a grant, or a response. */
  readonly hasGrant: boolean
  readonly intent?: { readonly stage: string; readonly submissions: number }
  readonly refund?: Omit<NonNullable<ChallengeRecord['refund']>, 'signature' | 'carriers'> & {
    readonly isSigned: boolean
    readonly transactions: readonly string[]
  }
}

export type Inspected = {
  readonly record: PublicRecord
  /** Absent when nothing of it is open. */
  readonly money?: Money
  readonly history: readonly AuditEntry[]
  /** Whose turn it is, and what happens next, in one sentence. */
  readonly next: string
  /** What the chain shows of its refund, when there is one and a chain was given. */
  readonly sighting?: { readonly kind: Sighting['kind']; readonly txHash?: string }
}

const NO_DEADLINE = 2n ** 63n

/**
 * Everything an operator may see of one challenge. Changes nothing.
 *
 * @throws CHALLENGE_UNKNOWN
 */
export async function inspectMoney(
  ctx: Pick<OperatorContext, 'store' | 'clock'> & {
    readonly chain?: Chain
    readonly finality?: Finality
  },
  id: string,
): Promise<Inspected> {
  const record = await readRecord(ctx, id)
  const [history, isStopped, sighting] = await Promise.all([
    ctx.store.history(id),
    areRefundsStopped(ctx),
    sightRefund(ctx, record),
  ])
  const kind = moneyKindOf(record)
  return {
    record: withoutSecrets(record),
    ...(kind && { money: toMoney(record, kind, ctx.clock.nowMs()) }),
    history,
    next: tellNext(record, isStopped),
    ...(sighting && { sighting }),
  }
}

function withoutSecrets(record: ChallengeRecord): PublicRecord {
  const { accessGrant, response, intent, refund, ...rest } = record
  const { signature, carriers = [], ...progress } = refund ?? {}
  return {
    ...rest,
    hasGrant: deliveryOf({ accessGrant, response }) !== undefined,
    ...(intent && { intent: { stage: intent.stage, submissions: intent.submissions.length } }),
    ...(refund && {
      refund: {
        ...(progress as Omit<typeof refund, 'signature' | 'carriers'>),
        isSigned: signature !== undefined,
        transactions: carriers.flatMap(({ txHash }) => (txHash ? [txHash] : [])),
      },
    }),
  }
}

async function sightRefund(
  { chain, finality = 'latest' }: { readonly chain?: Chain; readonly finality?: Finality },
  { refund }: ChallengeRecord,
): Promise<Inspected['sighting']> {
  if (!chain || !refund || refund.chainId !== chain.chainId) return undefined
  const { token, from, nonce, to, value, sinceBlock, validBefore = NO_DEADLINE } = refund
  const asked = { token, from, nonce, to, value, validBefore, sinceBlock, finality }
  const sighting = await chain.observe(asked)
  const isSeen = sighting.kind === 'confirmed' || sighting.kind === 'seen'
  return { kind: sighting.kind, ...(isSeen && { txHash: sighting.evidence.txHash }) }
}

/** Whose turn it is, and what happens next. */
function tellNext(record: ChallengeRecord, isStopped: boolean): string {
  const { state, held, refund } = record
  switch (moneyKindOf(record)) {
    case 'written-off':
      return 'Nothing: a person decided that the seller keeps it. Releasing it undoes that.'
    case 'held':
      return `Yours: it is held (${held}). Release, refund or write it off once you know.`
    case 'failed':
      return 'Yours: remove the cause and retry it, refund it by hand, or write it off.'
    case 'delivering':
      return 'The gateway’s: the grant or response is stored and counts as delivered in a moment.'
    case 'under-way':
      if (isStopped) return 'Yours: refunds are stopped. Start them again.'
      return `The refund worker’s: it is ${refund?.blockedReason ?? refund?.stage ?? 'claimed'}.`
    case 'owed':
      if (isStopped) return 'Yours: refunds are stopped; only a delivery can settle it now.'
      return 'The seller’s backend’s; after the grace period the refund worker’s.'
    case undefined:
      break
  }
  if (state === 'PENDING')
    return hasOpenIntent(record)
      ? 'Recovery’s: a payment is on its way, and the chain decides.'
      : 'The buyer’s: it waits to be paid, or expires.'
  return 'Nothing: it is settled.'
}
