import type { AuditEntry } from '@key0/core'
import { expectSame, LawBroken } from '../store/assert.ts'
import type { Answer, Call } from './Call.ts'
import { asEntry, expectStream } from './expect.ts'
import { step } from './step.ts'
import type { World } from './World.ts'

/**
 * The world after calls that ran at once: the one in which they ran one after the other, in an
 * order that explains every answer and the order of the events.
 *
 * @throws LawBroken when no order does
 */
export function chooseOrder(
  world: World,
  calls: readonly Call[],
  seen: readonly Answer[],
  events: readonly AuditEntry[],
): World {
  let reason: unknown
  for (const order of orders(calls.length)) {
    let next = world
    const answers: Answer[] = []
    for (const index of order) {
      const stepped = step(next, calls[index] as Call)
      answers[index] = stepped.answer
      next = stepped.world
    }
    try {
      expectSame(seen, answers, 'the answers')
      expectStream(next, events.map(asEntry), world.trail.length, events.length + 1)
      return next
    } catch (error) {
      reason ??= error
    }
  }
  const why = reason instanceof LawBroken ? reason.message : String(reason)
  throw new LawBroken(`no order of the calls explains them; in the order of their start, ${why}`)
}

/** Every order of so many calls, the order of their start first. */
export function orders(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]]
  return orders(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, i) => order.toSpliced(count - 1 - i, 0, count - 1)),
  )
}
