import { assertOrder } from '@key0/core'
import type { Deliveries } from './Deliveries.ts'
import { findDeliveries } from './findDeliveries.ts'
import { documentNames, laneOf } from './Lane.ts'
import {
  type Again,
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
  const askAgain = async (endpoint: string, again: Again): Promise<void> => {
    const { sequence, challengeId } = again
    const name = documentNames.again(endpoint, laneOf(challengeId), sequence)
    // One that is asked for already is asked for.
    await ctx.documents.swap(name, undefined, JSON.stringify(again))
    await removeDead(ctx, endpoint, sequence)
  }
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

    async find(endpoint, query) {
      await readControl(ctx, endpoint)
      return findDeliveries(ctx, endpoint, query)
    },

    async redeliver(endpoint, sequence) {
      await readControl(ctx, endpoint)
      const { challengeId } = await readEvent(ctx, sequence)
      await askAgain(endpoint, { sequence, challengeId, askedAtMs: nowMs() })
    },

    async redeliverDead(endpoint, limit) {
      await readControl(ctx, endpoint)
      const letters = await readDeadLetters(ctx, endpoint, limit + 1)
      const sent = letters.slice(0, limit)
      for (const { sequence, challengeId } of sent)
        await askAgain(endpoint, { sequence, challengeId, askedAtMs: nowMs() })
      return { redelivered: sent.length, isPartial: letters.length > limit }
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
