import { expect, test } from 'vitest'
import type { Call } from './Call.ts'
import { isDisputed, mayDispute } from './isDisputed.ts'
import { step } from './step.ts'
import { baseOf, intentOf, paymentOf } from './values.ts'
import { emptyWorld, type World } from './World.ts'

const startMs = Date.UTC(2026, 0, 2)
const attempt = (key: string) => ({ key })
const create = (id: string, nowMs: number, kind: number): Call => ({
  op: 'create',
  base: baseOf(id, nowMs, 0, kind),
  attempt: attempt(`create ${id}`),
})
const cancel = (id: string): Call => ({
  op: 'transition',
  move: { id, from: 'PENDING', to: 'CANCELLED', key: `cancel ${id}` },
})
const reserve = (id: string, nowMs: number): Call => ({
  op: 'reserve',
  id,
  intent: intentOf(paymentOf(id), nowMs, 'OPEN'),
  attempt: attempt(`reserve ${id}`),
})

/** The first one's deadline passed, so another has its request id. */
function superseded(): World {
  const { world } = step(emptyWorld(startMs), create('first', startMs, 1))
  const later = { ...world, nowMs: startMs + 60_000 }
  return step(later, create('second', later.nowMs, 0)).world
}

test('late money on a challenge whose successor was closed is disputed', () => {
  const closed = step(superseded(), cancel('second')).world
  const late = reserve('first', closed.nowMs)
  expect(isDisputed(step(closed, late).world, late)).toBe(true)
  expect(mayDispute(closed, [late])).toBe(true)
})

test('while the successor lives it has the request id, and nobody disputes it', () => {
  const world = superseded()
  const late = reserve('first', world.nowMs)
  expect(isDisputed(step(world, late).world, late)).toBe(false)
  expect(mayDispute(world, [late])).toBe(false)
})

test('of calls made at once every order counts', () => {
  const world = superseded()
  expect(mayDispute(world, [reserve('first', world.nowMs), cancel('second')])).toBe(true)
})
