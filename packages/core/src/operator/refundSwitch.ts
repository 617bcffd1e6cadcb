import { Key0Error } from '../errors/Key0Error.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import { NOTE_SCOPE, writeNote } from './notes.ts'
import type { OperatorContext } from './OperatorContext.ts'
import { assertOrder, type Order } from './Order.ts'

/** Counts how often the switch was pressed; an odd count says that refunds are stopped. */
const CONSUMER = 'refunds-stopped'

const NEVER_MS = 10 * 365 * 86_400_000

/** Where the switch stands, and who pressed it last, as far as the store still knows. */
export type RefundSwitch = {
  readonly isStopped: boolean
  readonly by?: string
  readonly reason?: string
  readonly at?: Date
}

/**
 * Whether an operator stopped refunds. Every worker asks before a pass: while they are stopped
 * nothing is claimed, signed or sent, and what is on chain already is still followed.
 */
export async function areRefundsStopped({
  store,
}: {
  readonly store: Pick<ChallengeStore, 'acked'>
}): Promise<boolean> {
  return (await store.acked(CONSUMER)) % 2 === 1
}

/** The switch with the note of who pressed it. */
export async function readRefundSwitch({
  store,
}: Pick<OperatorContext, 'store'>): Promise<RefundSwitch> {
  const count = await store.acked(CONSUMER)
  const isStopped = count % 2 === 1
  const note = await store.findActiveByRequestId(nameOf(count), NOTE_SCOPE)
  const [entry] = note ? await store.history(note.challengeId) : []
  if (!entry) return { isStopped }
  const { actor: by, reason, at } = entry
  return { isStopped, by, at, ...(reason !== undefined && { reason }) }
}

/** Stops all refunds of every worker on this store. @throws REQUEST_MALFORMED */
export async function stopRefunds(ctx: OperatorContext, order: Order): Promise<RefundSwitch> {
  return await press(ctx, order, true)
}

/** Lets refunds go on. @throws REQUEST_MALFORMED */
export async function startRefunds(ctx: OperatorContext, order: Order): Promise<RefundSwitch> {
  return await press(ctx, order, false)
}

/** @throws REFUNDS_STOPPED */
export async function assertRefundsRun(ctx: Pick<OperatorContext, 'store'>): Promise<void> {
  if (!(await areRefundsStopped(ctx))) return
  const { by, reason } = await readRefundSwitch(ctx)
  throw new Key0Error('REFUNDS_STOPPED', {
    facts: { ...(by && { by }), ...(reason && { reason }) },
  })
}

async function press(ctx: OperatorContext, order: Order, isToStop: boolean): Promise<RefundSwitch> {
  assertOrder(order)
  const { actor, reason } = order
  const count = await ctx.store.acked(CONSUMER)
  if ((count % 2 === 1) === isToStop) return await readRefundSwitch(ctx)
  // The note first: whoever presses at the same moment finds it, and nothing moves unexplained.
  const note = {
    name: nameOf(count + 1),
    subject: isToStop ? 'refunds were stopped' : 'refunds were started',
    value: 1n,
    // Of no chain; stores ask for a number.
    chainId: 1,
    keptUntil: new Date(ctx.clock.nowMs() + NEVER_MS),
  }
  await writeNote(ctx, note, { actor, reason })
  await ctx.store.ack(CONSUMER, count + 1)
  ctx.observe({ name: 'alert', what: `${note.subject} by ${actor}: ${reason}` })
  return await readRefundSwitch(ctx)
}

function nameOf(count: number): string {
  return `refunds-stopped:${count}`
}
