import { createDeliveries, type Deliveries } from '@key0/delivery'
import { toJson, toTable } from '../print.ts'
import {
  type Action,
  type Argument,
  malformed,
  type Output,
  orderFlags,
  readOrder,
  type Values,
} from '../toCommand.ts'

const PAGE = 50

const endpoint: Argument = { name: 'endpoint', description: 'Its name, as `list` tells it' }
const event: Argument = { name: 'event', description: 'Its number, as `log` and `dead` tell it' }
const limit = {
  limit: { type: 'string', description: `How many; default ${PAGE}` },
} as const

type Act = (deliveries: Deliveries, endpoint: string, values: Values) => Promise<Output>

/** What was told to whom, and what an operator does about it. */
export const deliveryActions: Readonly<Record<string, Action>> = {
  list: {
    description: 'List the endpoints that are told of events, and what waits for each',
    ids: 'none',
    flags: {},
    run: async ({ ctx, documents }) => {
      const data = await createDeliveries({ store: ctx.store, documents }).list()
      const rows = data.map((it) => [
        ...[it.endpoint, it.address, `${it.waiting} waiting`, `${it.behind} behind`],
        ...[`${it.dead} dead`, it.paused ? `PAUSED by ${it.paused.by}: ${it.paused.reason}` : ''],
        it.lastReason === undefined ? '' : `failing: ${it.lastReason}`,
      ])
      return { text: rows.length > 0 ? toTable(rows) : 'Nobody is told of events.', data }
    },
  },
  log: about('Show the latest attempts at one endpoint', {
    flags: limit,
    act: async (deliveries, name, values) => {
      const data = await deliveries.attempts(name, readLimit(values))
      const rows = data.map((it) => [
        ...[`${it.sequence}`, it.at, it.type, it.outcome, it.reason ?? '', `${it.tookMs} ms`],
      ])
      return { text: rows.length > 0 ? toTable(rows) : 'Nothing was sent lately.', data }
    },
  }),
  show: about('Show one event: what was sent, and what was answered', {
    args: [event],
    act: async (deliveries, name, values) => {
      const data = await deliveries.show(name, readEvent(values))
      const { sequence, type, version, challenge, state } = data
      const line = `${sequence} ${type}, version ${version} of ${challenge}: ${state}`
      return { text: [line, toJson(data.attempts)].join('\n'), data }
    },
  }),
  dead: about('List the events that were given up, the oldest first', {
    flags: limit,
    act: async (deliveries, name, values) => {
      const data = await deliveries.deadLetters(name, readLimit(values))
      const rows = data.map((it) => [
        ...[`${it.sequence}`, new Date(it.diedAtMs).toISOString(), `${it.attempts} attempts`],
        ...[it.reason ?? '', it.challengeId],
      ])
      return { text: rows.length > 0 ? toTable(rows) : 'There is no dead letter.', data }
    },
  }),
  redeliver: about('Send an event again, a dead letter or one that arrived', {
    args: [event],
    act: async (deliveries, name, values) => {
      const sequence = readEvent(values)
      await deliveries.redeliver(name, sequence)
      return done(`${sequence} is sent to ${name} again`, { endpoint: name, sequence })
    },
  }),
  discard: about('Forget a dead letter; the event itself stays', {
    args: [event],
    act: async (deliveries, name, values) => {
      const sequence = readEvent(values)
      await deliveries.discard(name, sequence)
      return done(`${sequence} is no dead letter of ${name} any more`, { endpoint: name, sequence })
    },
  }),
  pause: about('Send nothing to an endpoint until it is resumed', {
    flags: orderFlags,
    act: async (deliveries, name, values) => {
      await deliveries.pause(name, readOrder(values))
      return done(`${name} is paused`, { endpoint: name, paused: true })
    },
  }),
  resume: about('Let an endpoint have what waits for it', {
    act: async (deliveries, name) => {
      await deliveries.resume(name)
      return done(`${name} goes on`, { endpoint: name, paused: false })
    },
  }),
}

function about(
  description: string,
  {
    args = [],
    flags = {},
    act,
  }: {
    readonly args?: readonly Argument[]
    readonly flags?: Action['flags']
    readonly act: Act
  },
): Action {
  return {
    description,
    ids: [endpoint, ...args],
    flags,
    run: ({ ctx, documents }, values) =>
      act(createDeliveries({ store: ctx.store, documents }), values.ids[0] ?? '', values),
  }
}

function readEvent({ ids }: Values): number {
  const given = ids[1] ?? ''
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given)
  throw malformed('event', 'must be its number, such as 42')
}

function readLimit({ flags }: Values): number {
  const { limit: given } = flags
  if (given === undefined) return PAGE
  if (typeof given === 'string' && /^[1-9]\d{0,4}$/.test(given)) return Number(given)
  throw malformed('--limit', 'must be a whole number from 1 to 99999')
}

function done(text: string, data: object): Output {
  return { text, data }
}
