import type { AuditEntry, ChallengeRecord, PaymentClaim } from '@key0/core'
import { forgottenAtMs, isNamed } from './rules.ts'

export type Entry = Omit<AuditEntry, 'sequence'>

/** All that a store holds, as plain data that is never changed: a write makes another world. */
export type World = {
  readonly nowMs: number
  /** Forgotten ones too: whether one is forgotten follows from the time. */
  readonly records: ReadonlyMap<string, ChallengeRecord>
  readonly requests: ReadonlyMap<string, string>
  readonly claims: ReadonlyMap<string, PaymentClaim>
  readonly trail: readonly Entry[]
  readonly acks: ReadonlyMap<string, number>
}

export function emptyWorld(nowMs: number): World {
  const [records, requests, claims, acks] = [new Map(), new Map(), new Map(), new Map()]
  return { nowMs, records, requests, claims, acks, trail: [] }
}

export function isForgotten(world: World, record: ChallengeRecord): boolean {
  return forgottenAtMs(record) <= world.nowMs
}

/** The record as a caller sees it. */
export function readRecord(world: World, id: string | undefined): ChallengeRecord | undefined {
  const record = id === undefined ? undefined : world.records.get(id)
  return record && !isForgotten(world, record) ? record : undefined
}

export function readNamed(
  world: World,
  scope: string,
  requestId: string,
): ChallengeRecord | undefined {
  const record = readRecord(world, world.requests.get(requestKey(scope, requestId)))
  return record && isNamed(record, world.nowMs) ? record : undefined
}

export function requestKey(scope: string, requestId: string): string {
  return JSON.stringify([scope, requestId])
}

export function readTrail(world: World, id: string): readonly Entry[] {
  return world.trail.filter(({ challengeId }) => challengeId === id)
}

/** Whether a trail may be gone: only with its record, and only when no payment is named in it. */
export function mayBeGone(world: World, id: string): boolean {
  const record = world.records.get(id)
  return record !== undefined && isForgotten(world, record) && record.paymentRef === undefined
}
