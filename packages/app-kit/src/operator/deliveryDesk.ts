import {
  type DeadLetter,
  type Deliveries,
  type DeliveryStory,
  type DeliverySummary,
  deliveryStates,
  type EndpointStatus,
  type LoggedAttempt,
  type Redelivered,
} from '@key0/delivery'
import { type Question, readLimit, readOption, readWhole } from './Question.ts'

type Desk<answer> = (deliveries: Deliveries, endpoint: string, ask: Question) => Promise<answer>

type Event = { readonly endpoint: string; readonly sequence: number }
type Paused = { readonly endpoint: string; readonly paused: boolean }

/**
 * What an operator asks about deliveries and does with them. The command and the admin API answer
 * with what these answer, so that neither has a spelling of its own.
 */
export const deliveryDesk: {
  readonly list: (deliveries: Deliveries) => Promise<readonly EndpointStatus[]>
  readonly find: Desk<readonly DeliverySummary[]>
  readonly log: Desk<readonly LoggedAttempt[]>
  readonly show: Desk<DeliveryStory>
  readonly dead: Desk<readonly DeadLetter[]>
  readonly redeliver: Desk<Event>
  readonly redeliverDead: Desk<{ readonly endpoint: string } & Redelivered>
  readonly discard: Desk<Event>
  readonly pause: Desk<Paused>
  readonly resume: Desk<Paused>
} = {
  list: (deliveries) => deliveries.list(),
  find: (deliveries, endpoint, ask) => {
    const state = readOption(ask, 'state', deliveryStates)
    const after = readWhole(ask, 'after', { least: 0, most: 1e15 - 1, fallback: 0 })
    const query = { after, limit: readLimit(ask), ...(state && { state }) }
    return deliveries.find(endpoint, query)
  },
  log: (deliveries, endpoint, ask) => deliveries.attempts(endpoint, readLimit(ask)),
  show: (deliveries, endpoint, ask) => deliveries.show(endpoint, readEvent(ask)),
  dead: (deliveries, endpoint, ask) => deliveries.deadLetters(endpoint, readLimit(ask)),
  redeliver: async (deliveries, endpoint, ask) => {
    const sequence = readEvent(ask)
    await deliveries.redeliver(endpoint, sequence)
    return { endpoint, sequence }
  },
  redeliverDead: async (deliveries, endpoint, ask) => ({
    endpoint,
    ...(await deliveries.redeliverDead(endpoint, readLimit(ask))),
  }),
  discard: async (deliveries, endpoint, ask) => {
    const sequence = readEvent(ask)
    await deliveries.discard(endpoint, sequence)
    return { endpoint, sequence }
  },
  pause: async (deliveries, endpoint, ask) => {
    await deliveries.pause(endpoint, ask.order())
    return { endpoint, paused: true }
  },
  resume: async (deliveries, endpoint) => {
    await deliveries.resume(endpoint)
    return { endpoint, paused: false }
  },
}

function readEvent(ask: Question): number {
  const given = ask.read('event') ?? ''
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given)
  throw ask.fault('event', 'its number, such as 42')
}
