import { assertOrder } from '@key0/core'
import type { Deliveries } from './Deliveries.ts'
import { documentNames, laneOf } from './Lane.ts'
import {
  type Control,
  type DeliveriesContext,
  listStatuses,
  readAttempts,
  readControl,
  readDeadLetters,
  readEvent,
  readStory,
  unknownDelivery,
} from './readDeliveries.ts'

export type DeliveriesOptions = DeliveriesContext & { readonly nowMs?: () => number }

/** What an operator sees of deliveries and does with them. */
export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { nowMs = Date.now, ...ctx } = options
  const { documents } = ctx
  return {
    list: () => listStatuses(ctx),

    async attempts(endpoint, limit) {
      await readControl(ctx, endpoint)
      return (await readAttempts(ctx, endpoint)).slice(0, limit)
    },

    async show(endpoint, sequence) {
      await readControl(ctx, endpoint)
      return readStory(ctx, endpoint, sequence)
    },

    async deadLetters(endpoint, limit) {
      await readControl(ctx, endpoint)
      return readDeadLetters(ctx, endpoint, limit)
    },

    async redeliver(endpoint, sequence) {
      await readControl(ctx, endpoint)
      const { challengeId } = await readEvent(ctx, sequence)
      const name = documentNames.again(endpoint, laneOf(challengeId), sequence)
      const text = JSON.stringify({ sequence, challengeId, askedAtMs: nowMs() })
      // One that is asked for already is asked for.
      await documents.swap(name, undefined, text)
      await removeDead(ctx, endpoint, sequence)
    },

    async discard(endpoint, sequence) {
      await readControl(ctx, endpoint)
      const isRemoved = await removeDead(ctx, endpoint, sequence)
      if (!isRemoved) throw unknownDelivery('dead letter', `${sequence}`)
    },

    async pause(endpoint, order) {
      assertOrder(order)
      const { actor: by, reason } = order
      const paused = { by, reason, at: new Date(nowMs()).toISOString() }
      await writeControl(ctx, endpoint, (control) => ({ ...control, paused }))
    },

    resume: (endpoint) => writeControl(ctx, endpoint, ({ address }) => ({ address })),
  }
}

async function writeControl(
  ctx: DeliveriesContext,
  endpoint: string,
  change: (control: Control) => Control,
): Promise<void> {
  for (;;) {
    const [text, control] = await readControl(ctx, endpoint)
    const next = JSON.stringify(change(control))
    const { kind } = await ctx.documents.swap(documentNames.control(endpoint), text, next)
    if (kind !== 'lost') return
  }
}

async function removeDead(
  { documents }: DeliveriesContext,
  endpoint: string,
  sequence: number,
): Promise<boolean> {
  const name = documentNames.dead(endpoint, sequence)
  const text = await documents.get(name)
  return text !== undefined && (await documents.swap(name, text, undefined)).kind !== 'lost'
}
