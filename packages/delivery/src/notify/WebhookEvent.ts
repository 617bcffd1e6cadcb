import { createHash } from 'node:crypto'
import { type AuditEntry, type ChallengeRecord, kindOf, type State } from '@key0/core'
import { type ToldResource, toToldResource } from './Paid.ts'

/** Every change of a challenge's state, money that is held or released, and payments for nothing. */
export const webhookEventTypes = [
  'challenge.created',
  'challenge.paid',
  'challenge.delivered',
  'challenge.expired',
  'challenge.cancelled',
  'challenge.held',
  'challenge.released',
  'payment.stray',
  'payment.reorganised',
  'refund.pending',
  'refund.refunded',
  'refund.failed',
  'refund.retried',
] as const

export type WebhookEventType = (typeof webhookEventTypes)[number]

/**
 * What a webhook is sent. It holds nothing that anybody could claim something with: no grant, no
 * signature, and of the challenge's id, which is a capability, only a digest.
 */
export type WebhookEvent = {
  readonly type: WebhookEventType
  /** When it happened, ISO 8601. */
  readonly timestamp: string
  /** Names the event, the same in every delivery; also the header `webhook-id`. */
  readonly idempotencyKey: string
  /** Rises with every event of a challenge: one that is below what is known already is old news. */
  readonly version: number
  readonly data: WebhookData
}

/** What is known when it is sent. Only `challenge` and `state` once the record is forgotten. */
export type WebhookData = {
  /** `digestChallenge` of the challenge's id. */
  readonly challenge: string
  /** The state that the event led to. */
  readonly state: State
  readonly clientAgentId?: string
  readonly resourceId?: string
  /** The plan's, or the route's when a single request is sold. */
  readonly planId?: string
  /** The single request that is sold; absent of a plan. */
  readonly resource?: ToldResource
  readonly amount?: string
  /** In the asset's smallest unit, decimal. */
  readonly amountRaw?: string
  readonly asset?: string
  readonly token?: string
  readonly chainId?: number
  readonly payee?: string
  readonly payer?: string
  readonly paymentRef?: string
  readonly txHash?: string
  readonly createdAt?: string
  readonly expiresAt?: string
  readonly paidAt?: string
  readonly deliveredAt?: string
  /** Why money is held. */
  readonly held?: string
  /** Why a payment bought nothing: SURPLUS, LATE, UNDER or UNMATCHED. */
  readonly disposition?: string
  readonly refundTxHash?: string
  readonly refundedAt?: string
  readonly refundError?: string
}

/** What stands for a challenge outside: 32 hexadecimal digits; log lines have the first 12. */
export function digestChallenge(challengeId: string): string {
  return sha256(challengeId)
}

const sha256 = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32)

/** Names an entry of the trail. A store that was put back may give a sequence a second time. */
export function eventIdOf({ challengeId, version, key, at }: AuditEntry): string {
  return `evt_${sha256([challengeId, version, key, at.getTime()].join('\n'))}`
}

const reached: Readonly<Record<State, WebhookEventType>> = {
  PENDING: 'payment.reorganised',
  PAID: 'challenge.paid',
  DELIVERED: 'challenge.delivered',
  EXPIRED: 'challenge.expired',
  CANCELLED: 'challenge.cancelled',
  REFUND_PENDING: 'refund.pending',
  REFUNDED: 'refund.refunded',
  REFUND_FAILED: 'refund.failed',
}

/**
 * The types an entry may turn out to be; none for a step that only our own work is interested in.
 * Whether money is held or released is in the record alone.
 */
export function typesOf(entry: AuditEntry): readonly WebhookEventType[] {
  const { from, to, wrote } = entry
  const kind = kindOf(entry.challengeId)
  if (kind === 'note') return []
  // Money that came without a challenge is told of as such, by the step that follows.
  if (from === null) return kind === 'stray' ? [] : ['challenge.created']
  if (from === to) return wrote.includes('held') ? ['challenge.held', 'challenge.released'] : []
  if (from === 'REFUND_FAILED') return ['refund.retried']
  if (to === 'PAID' && wrote.includes('disposition')) return ['payment.stray']
  return [reached[to]]
}

/** @param entry one that `typesOf` has a type for */
export function toWebhookEvent(entry: AuditEntry, record?: ChallengeRecord): WebhookEvent {
  const [type = 'challenge.created', other] = typesOf(entry)
  return {
    type: other !== undefined && record?.held === undefined ? other : type,
    timestamp: entry.at.toISOString(),
    idempotencyKey: eventIdOf(entry),
    version: entry.version,
    data: {
      challenge: digestChallenge(entry.challengeId),
      state: entry.to,
      ...(record && toFacts(record)),
    },
  }
}

/** Named one by one: a field that is added to the record tomorrow is not sent by accident. */
function toFacts(record: ChallengeRecord): Omit<WebhookData, 'challenge' | 'state'> {
  const { clientAgentId, resourceId, planId, amount, asset, token, chainId } = record
  const { paymentRef, txHash, held, disposition, refundTxHash, refundError } = record
  const facts = {
    ...{ clientAgentId, resourceId, planId, amount, asset, token, chainId },
    amountRaw: `${record.amountRaw}`,
    resource: toToldResource(record),
    payee: record.destination,
    payer: record.fromAddress,
    ...{ paymentRef, txHash, held, disposition, refundTxHash, refundError },
    createdAt: record.createdAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
    paidAt: record.paidAt?.toISOString(),
    deliveredAt: record.deliveredAt?.toISOString(),
    refundedAt: record.refundedAt?.toISOString(),
  }
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return Object.fromEntries(known) as Omit<WebhookData, 'challenge' | 'state'>
}
