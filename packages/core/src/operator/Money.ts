import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Address, Hash } from '../challenge/hex.ts'
import type { Disposition } from '../challenge/PaymentClaim.ts'
import { deliveryOf } from '../lifecycle/deliveryOf.ts'
import type { State } from '../lifecycle/transitions.ts'
import { isWrittenOff } from './writtenOff.ts'

/**
 * Where the money of a payment is. `owed`: to the buyer, as a delivery or as a refund that nobody
 * began. `delivering`: the grant is stored. `under-way`: the refund was claimed. `failed`: its
 * refund waits for a person. `held`: it moves when a person or evidence releases it.
 * `written-off`: a person decided that the seller keeps it.
 */
export type MoneyKind = 'owed' | 'delivering' | 'under-way' | 'failed' | 'held' | 'written-off'

export const moneyKinds: readonly MoneyKind[] = [
  'owed',
  'delivering',
  'under-way',
  'failed',
  'held',
  'written-off',
]

/** One payment that is not settled, as an operator sees it. */
export type Money = {
  readonly challengeId: string
  readonly kind: MoneyKind
  readonly state: State
  readonly chainId: number
  readonly token: Address
  readonly asset: string
  /** What is open, in the token's smallest unit: less than the price in a partial refund. */
  readonly value: bigint
  /** As it was priced, such as `"$0.10"`. */
  readonly amount: string
  readonly payee: Address
  readonly payer?: Address
  readonly txHash?: Hash
  /** When it was paid. */
  readonly since: Date
  readonly ageMs: number
  /** Why it is held, failed, or what its refund waits for. */
  readonly why?: string
  /** Set for money that bought nothing. */
  readonly disposition?: Disposition
}

/** Where the money of a record is, or `undefined` when nothing of it is open. */
export function moneyKindOf(record: ChallengeRecord): MoneyKind | undefined {
  const { state, held } = record
  if (state !== 'PAID' && state !== 'REFUND_PENDING' && state !== 'REFUND_FAILED') return undefined
  if (isWrittenOff(record)) return 'written-off'
  if (held !== undefined) return 'held'
  if (state === 'REFUND_PENDING') return 'under-way'
  if (state === 'REFUND_FAILED') return 'failed'
  return deliveryOf(record) ? 'delivering' : 'owed'
}

export function toMoney(record: ChallengeRecord, kind: MoneyKind, nowMs: number): Money {
  const { fromAddress, txHash, held, refund, refundError, disposition } = record
  const since = record.paidAt ?? record.updatedAt
  const why = held ?? (record.state === 'REFUND_FAILED' ? refundError : refund?.blockedReason)
  return {
    challengeId: record.challengeId,
    kind,
    state: record.state,
    chainId: record.chainId,
    token: record.token,
    asset: record.asset,
    value: refund?.value ?? record.amountRaw,
    amount: record.amount,
    payee: record.destination,
    ...(fromAddress && { payer: fromAddress }),
    ...(txHash && { txHash }),
    since,
    ageMs: Math.max(0, nowMs - since.getTime()),
    ...(why !== undefined && { why }),
    ...(disposition && { disposition }),
  }
}
