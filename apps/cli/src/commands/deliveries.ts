import { deliveryDesk, type Question, toJson } from '@key0/app-kit'
import { createDeliveries, type Deliveries, deliveryStates } from '@key0/delivery'
import { toTable } from '../print.ts'
import { type Action, type Argument, type Output, orderFlags, toQuestion } from '../toCommand.ts'

const PAGE = 50

const endpoint: Argument = { name: 'endpoint', description: 'Its name, as `list` tells it' }
const event: Argument = { name: 'event', description: 'Its number, as `log` and `dead` tell it' }
const limit = {
  limit: { type: 'string', description: `How many; default ${PAGE}` },
} as const

type Act = (deliveries: Deliveries, endpoint: string, ask: Question) => Promise<Output>

/** What was told to whom, and what an operator does about it. */
export const deliveryActions: Readonly<Record<string, Action>> = {
  list: {
    description: 'List the endpoints that are told of events, and what waits for each',
    ids: 'none',
    flags: {},
    run: async ({ ctx, documents }) => {
      const data = await deliveryDesk.list(createDeliveries({ store: ctx.store, documents }))
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
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.log(deliveries, name, ask)
      const rows = data.map((it) => [
        ...[`${it.sequence}`, it.at, it.type, it.outcome, it.reason ?? '', `${it.tookMs} ms`],
      ])
      return { text: rows.length > 0 ? toTable(rows) : 'Nothing was sent lately.', data }
    },
  }),
  find: about('Find deliveries by where they are, the oldest first', {
    flags: {
      ...limit,
      state: { type: 'string', description: `One of ${deliveryStates.join(', ')}; default: all` },
      after: { type: 'string', description: 'Only events behind this one: the last of a page' },
    },
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.find(deliveries, name, ask)
      const rows = data.map((it) => [
        ...[`${it.sequence}`, it.state, it.at, `${it.attempts} attempts`],
        ...[it.reason ?? '', it.challenge ?? ''],
      ])
      return { text: rows.length > 0 ? toTable(rows) : 'There is none.', data }
    },
  }),
  show: about('Show one event: what was sent, and what was answered', {
    args: [event],
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.show(deliveries, name, ask)
      const { sequence, type, version, challenge, state } = data
      const line = `${sequence} ${type}, version ${version} of ${challenge}: ${state}`
      return { text: [line, toJson(data.attempts)].join('\n'), data }
    },
  }),
  dead: about('List the events that were given up, the oldest first', {
    flags: limit,
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.dead(deliveries, name, ask)
      const rows = data.map((it) => [
        ...[`${it.sequence}`, new Date(it.diedAtMs).toISOString(), `${it.attempts} attempts`],
        ...[it.reason ?? '', it.challengeId],
      ])
      return { text: rows.length > 0 ? toTable(rows) : 'There is no dead letter.', data }
    },
  }),
  redeliver: about('Send an event again, a dead letter or one that arrived', {
    args: [event],
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.redeliver(deliveries, name, ask)
      return { text: `${data.sequence} is sent to ${name} again`, data }
    },
  }),
  'redeliver-dead': about('Send dead letters again, the oldest first', {
    flags: limit,
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.redeliverDead(deliveries, name, ask)
      const rest = data.isPartial ? '; there are more of them' : ''
      return { text: `${data.redelivered} dead letters are sent to ${name} again${rest}`, data }
    },
  }),
  discard: about('Forget a dead letter; the event itself stays', {
    args: [event],
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.discard(deliveries, name, ask)
      return { text: `${data.sequence} is no dead letter of ${name} any more`, data }
    },
  }),
  pause: about('Send nothing to an endpoint until it is resumed', {
    flags: orderFlags,
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.pause(deliveries, name, ask)
      return { text: `${name} is paused`, data }
    },
  }),
  resume: about('Let an endpoint have what waits for it', {
    act: async (deliveries, name, ask) => {
      const data = await deliveryDesk.resume(deliveries, name, ask)
      return { text: `${name} goes on`, data }
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
      act(
        createDeliveries({ store: ctx.store, documents }),
        values.ids[0] ?? '',
        toQuestion(values, [endpoint, ...args]),
      ),
  }
}
