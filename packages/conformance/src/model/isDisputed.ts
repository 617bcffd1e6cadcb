import { type Call, subjects } from './Call.ts'
import { orders } from './chooseOrder.ts'
import { isNamed } from './rules.ts'
import { step } from './step.ts'
import { readNamed, readRecord, type World } from './World.ts'

/**
 * Whether this call leaves a challenge live whose request id another had taken, and nobody has now:
 * late money found it, say, after its successor was cancelled. In the model a request id never goes
 * back; a store may give it back.
 */
export function isDisputed(world: World, call: Call): boolean {
  return subjects(call).ids.some((id) => {
    const record = readRecord(world, id)
    if (!record || !isNamed(record, world.nowMs)) return false
    return readNamed(world, record.scope, record.requestId) === undefined
  })
}

/** The same of calls made at once: whether some order of them comes to it. */
export function mayDispute(world: World, calls: readonly Call[]): boolean {
  return orders(calls.length).some((order) => {
    let next = world
    return order.some((index) => {
      const call = calls[index] as Call
      next = step(next, call).world
      return isDisputed(next, call)
    })
  })
}
