import type { DeadLetter, DeliveryQuery, DeliveryState, DeliverySummary } from './Deliveries.ts'
import { documentNames } from './Lane.ts'
import { type DeliveriesContext, readAttempts, readWaiting } from './readDeliveries.ts'
import { digestChallenge } from './WebhookEvent.ts'

type Find = (
  ctx: DeliveriesContext,
  endpoint: string,
  page: { readonly after: number; readonly limit: number },
) => Promise<readonly DeliverySummary[]>

const finders: Readonly<Record<DeliveryState, Find>> = {
  waiting: async (ctx, endpoint) => {
    const waiting = await readWaiting(ctx, endpoint)
    return waiting.map(({ sequence, challengeId, attempts, nextAtMs, reason }) => ({
      ...{ sequence, challenge: digestChallenge(challengeId), state: 'waiting', attempts },
      at: new Date(nextAtMs).toISOString(),
      ...(reason !== undefined && { reason }),
    }))
  },
  dead: async ({ documents }, endpoint, { after, limit }) => {
    const page = { after: documentNames.dead(endpoint, after), limit }
    const found = await documents.list(documentNames.allDead(endpoint), page)
    const letters = found.map(({ text }) => JSON.parse(text) as DeadLetter)
    return letters.map(({ sequence, challengeId, attempts, diedAtMs, reason }) => ({
      ...{ sequence, challenge: digestChallenge(challengeId), state: 'dead', attempts },
      at: new Date(diedAtMs).toISOString(),
      ...(reason !== undefined && { reason }),
    }))
  },
  delivered: async (ctx, endpoint) => {
    const [attempts, waiting] = await Promise.all([
      readAttempts(ctx, endpoint),
      readWaiting(ctx, endpoint),
    ])
    // One that arrived and was asked for again is on its way.
    const seen = new Set(waiting.map(({ sequence }) => sequence))
    const latest = attempts.filter(({ sequence }) => !seen.has(sequence) && seen.add(sequence))
    return latest
      .filter(({ outcome }) => outcome === 'delivered')
      .map(({ sequence, challenge, attempt, at }) => ({
        ...{ sequence, state: 'delivered', attempts: attempt, at },
        ...(challenge !== undefined && { challenge }),
      }))
  },
}

/** Events on their way to an endpoint, the oldest first. */
export async function findDeliveries(
  ctx: DeliveriesContext,
  endpoint: string,
  { state, after = 0, limit }: DeliveryQuery,
): Promise<readonly DeliverySummary[]> {
  const wanted = state === undefined ? Object.values(finders) : [finders[state]]
  const found = await Promise.all(wanted.map((find) => find(ctx, endpoint, { after, limit })))
  return found
    .flat()
    .filter(({ sequence }) => sequence > after)
    .toSorted((a, b) => a.sequence - b.sequence)
    .slice(0, limit)
}
