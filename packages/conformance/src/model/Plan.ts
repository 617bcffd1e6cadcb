import {
  type Attempt,
  type ChallengeFields,
  type ChallengeRecord,
  type State,
  states,
  transitions,
  writtenWithAny,
} from '@key0/core'
import type { Call } from './Call.ts'
import {
  at,
  baseOf,
  idOf,
  ids,
  intentOf,
  olderRef,
  type Paying,
  paidOf,
  paymentOf,
  sampleOf,
  usualFields,
} from './values.ts'
import { isForgotten, readRecord, readTrail, type World } from './World.ts'

/**
 * A write as it is drawn: small numbers, which the world gives their meaning when it is made. So
 * it stays a sensible call whatever was left out before it when a failure is shrunk.
 */
export type Plan = {
  readonly op: Call['op']
  readonly slot: number
  /** Whose payment; 0 and 1: its own. */
  readonly payment: number
  /** Which request, amount or deadline. */
  readonly kind: number
  readonly key: number
  readonly version: number
  /** A move: below 24 the n-th legal one from here, then any cell of the grid. */
  readonly move: number
  readonly isUsual: boolean
  readonly fields: readonly (readonly [name: number, value: number])[]
}

const names = Object.keys({
  ...{ intent: 0, paymentRef: 0, txHash: 0, paidAt: 0, fromAddress: 0, paidBlock: 0, lease: 0 },
  ...{ paymentFinal: 0, accessGrant: 0, deliveredAt: 0, refund: 0, refundTxHash: 0, held: 0 },
  ...{ refundedAt: 0, refundError: 0, nextVisitAt: 0, releasedAt: 0, disposition: 0 },
  response: 0,
} satisfies Record<keyof ChallengeFields, 0>) as readonly (keyof ChallengeFields)[]

/** The call that a plan means in this world. `count` makes its key like no other. */
export function resolve(plan: Plan, world: World, count: number): Call {
  const { slot, kind } = plan
  const { nowMs } = world
  const id = plan.op === 'create' ? currentId(world, slot) : presentId(world, slot)
  const record = readRecord(world, id)
  const attempt = attemptOf(plan, world, id, count)
  switch (plan.op) {
    case 'create':
      return { op: 'create', base: baseOf(id, nowMs, kind, plan.payment), attempt }
    case 'reserve':
      return {
        op: 'reserve',
        id,
        intent: intentOf(payingOf(plan, world, id), nowMs, 'OPEN'),
        attempt,
      }
    case 'settle':
      return settlement(plan, world, id, attempt)
    case 'transition':
      return record ? move(plan, record, nowMs, attempt) : moveNothing(plan, id, attempt)
    case 'postpone': {
      const nextVisitAt = new Date(nowMs + at([60_000, 0, -1, 86_400_000], kind))
      const facts = plan.isUsual ? {} : { facts: { paymentFinal: true } as const }
      const version = versionOf(plan, record) ?? record?.version ?? 1
      return { op: 'postpone', id, version, nextVisitAt, ...facts }
    }
  }
}

export function currentId(world: World, slot: number): string {
  return idOf(world, slot, (id) => {
    const record = world.records.get(id)
    return record !== undefined && isForgotten(world, record)
  })
}

/** The small slots are records that are there; beyond the slots, one that was forgotten. */
function presentId(world: World, slot: number): string {
  const records = [...world.records.values()]
  const there = records.filter((record) => !isForgotten(world, record))
  const ghost = records.find((record) => isForgotten(world, record))
  const record = slot >= ids.length ? ghost : slot < 3 ? there[slot % there.length] : undefined
  return record?.challengeId ?? currentId(world, slot)
}

/** Its own payment, or another's; or its own as an older deployment would have named it. */
function payingOf({ payment }: Plan, world: World, id: string): Paying {
  const isOwn = payment < 2 || payment === 6
  const paying = paymentOf(isOwn ? id : presentId(world, payment - 2))
  return payment === 6 ? { ...paying, paymentRef: olderRef(paying) } : paying
}

/** A key of its own mostly; sometimes one that this challenge, or every challenge, has used. */
function attemptOf({ key }: Plan, world: World, id: string, count: number): Attempt {
  const used = readTrail(world, id).at(-1)?.key ?? 'shared'
  const name = key === 1 ? used : key === 2 ? 'shared' : `k'\n🧾${count}`
  const why = key > 4 ? { actor: 'ü:"', reason: `line\n${key}` } : {}
  return { key: name, ...why }
}

function versionOf({ version }: Plan, record: ChallengeRecord | undefined): number | undefined {
  if (version < 3) return undefined
  return (record?.version ?? 1) + at([0, 0, -1, 1], version - 3)
}

function settlement(plan: Plan, world: World, id: string, attempt: Attempt): Call {
  const paying = payingOf(plan, world, id)
  const { nowMs } = world
  const intent = intentOf(paying, nowMs, 'PAID')
  const whole = { ...paidOf(paying, nowMs), ...(plan.isUsual && { intent }) }
  const record = world.records.get(id)
  const drawn = record ? drawFields(plan, record, nowMs, namesFor('PENDING', 'PAID')) : {}
  const fields = Object.entries({ ...whole, ...drawn }).filter(([, value]) => value !== undefined)
  const { paymentRef, txHash } = paying
  return {
    op: 'settle',
    ...{ id, paymentRef, attempt },
    fields: { txHash, ...Object.fromEntries(fields) },
  }
}

function move(plan: Plan, record: ChallengeRecord, nowMs: number, attempt: Attempt): Call {
  const { challengeId: id } = record
  const legal = transitions.filter(({ from }) => from === record.state)
  const isLegal = plan.move < 24 && legal.length > 0
  const from = isLegal ? record.state : at(states, plan.move)
  const to = isLegal ? at(legal, plan.move).to : at(states, Math.floor(plan.move / 8))
  const version = versionOf(plan, record)
  const usual = plan.isUsual ? usualFields(record, to, nowMs) : {}
  const fields = { ...usual, ...drawFields(plan, record, nowMs, namesFor(from, to)) }
  const exact = version === undefined ? {} : { version }
  return { op: 'transition', move: { id, from, to, fields, ...exact, ...attempt } }
}

function moveNothing(plan: Plan, id: string, attempt: Attempt): Call {
  const [from, to] = [at(states, plan.move), at(states, Math.floor(plan.move / 8))]
  return { op: 'transition', move: { id, from, to, ...attempt } }
}

function namesFor(from: State, to: State): readonly (keyof ChallengeFields)[] {
  const row = transitions.find((one) => one.from === from && one.to === to)
  return [...(row?.writes ?? []), ...writtenWithAny]
}

/** Fields of the row; a name beyond twenty is any field, which most rows refuse. */
function drawFields(
  { fields }: Plan,
  record: ChallengeRecord,
  nowMs: number,
  row: readonly (keyof ChallengeFields)[],
): ChallengeFields {
  const drawn = fields.map(([index, n]) => {
    const name = index < 20 ? at(row, index) : at(names, index)
    return [name, sampleOf(name, record, nowMs, n)]
  })
  return Object.fromEntries(drawn)
}
