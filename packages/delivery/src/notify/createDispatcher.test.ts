import { createSteeredClock } from '@key0/conformance/store'
import { Key0Error } from '@key0/core'
import { expect, test } from 'vitest'
import { type Answer, hang, hangUp, status } from '../../test/backend.ts'
import { openBusiness } from '../../test/business.ts'
import { firstArrivals, secret } from '../../test/receiver.ts'
import { createDispatcher } from './createDispatcher.ts'
import { verifyWebhook } from './verifyWebhook.ts'
import { digestChallenge } from './WebhookEvent.ts'

const HOUR_MS = 3_600_000

test('every change of state is told in order, and nothing that anybody could claim with', async () => {
  await using business = await openBusiness()
  const { receiver, store } = business
  const dispatcher = business.dispatch()
  await dispatcher.open()
  const id = await business.sell()
  await dispatcher.pass()
  expect(receiver.taken.map(({ type, version }) => [version, type])).toEqual([
    [1, 'challenge.created'],
    [3, 'challenge.paid'],
    [4, 'challenge.delivered'],
  ])
  const record = await store.get(id)
  const delivered = receiver.taken[2]
  expect(delivered).toMatchObject({
    timestamp: record?.deliveredAt?.toISOString(),
    data: {
      ...{ challenge: digestChallenge(id), state: 'DELIVERED', planId: record?.planId },
      ...{ amountRaw: `${record?.amountRaw}`, payer: record?.fromAddress, txHash: record?.txHash },
    },
  })
  const ids = receiver.taken.map(({ idempotencyKey }) => idempotencyKey)
  expect(new Set(ids).size).toBe(3)
  expect(receiver.seen.map(({ headers }) => headers['webhook-id'])).toEqual(ids)
  const signature = record?.intent?.authorization.signature ?? 'no signature'
  const kept = JSON.stringify(await business.documents.list('delivery-log/', { limit: 99 }))
  for (const canary of [id, record?.requestId ?? 'no id', 'eyJcanary', signature])
    for (const text of [...receiver.seen.map(({ body }) => body), kept])
      expect(text).not.toContain(canary)
  expect(receiver.refused).toEqual([])
})

test('of a single request the route, method and path are told, and not its query or body', async () => {
  await using business = await openBusiness()
  const { receiver } = business
  const dispatcher = business.dispatch()
  await dispatcher.open()
  const bodyDigest = `0x${'ca'.repeat(32)}` as const
  const request = { method: 'POST', path: '/photos/7', query: 'canary=query', bodyDigest }
  await business.sell('DELIVERED', request)
  await dispatcher.pass()
  const resource = { routeId: 'photo', method: 'POST', path: '/photos/7' }
  expect(receiver.taken).toMatchObject(
    [1, 3, 4].map((version) => ({ version, data: { planId: 'photo', resource } })),
  )
  for (const { body } of receiver.seen)
    for (const canary of ['canary', bodyDigest, btoa('canary photo')])
      expect(body).not.toContain(canary)
})

/** Numbers from 0 to 1 that are the same in every run. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

const late: Answer = (response) => void setTimeout(() => response.writeHead(200).end(), 30)
/** To where a GET without a body would arrive, if anybody followed. */
const redirect: Answer = (response, { path }) =>
  response.writeHead(302, { location: `${path}?followed` }).end()
const tooLate: Answer = (response) => void setTimeout(() => response.writeHead(200).end(), 150)

test.each([1, 2, 3])(
  'a receiver that fails in every way has every event at least once, in order (seed %i)',
  async (seed) => {
    await using business = await openBusiness()
    const { receiver } = business
    const random = createRandom(seed)
    const ways = [
      status(500),
      status(503),
      status(404),
      redirect,
      hangUp,
      late,
      status(204),
      status(200),
    ]
    const rare = [hang, tooLate]
    receiver.answer = () => {
      const dice = random()
      if (dice < 0.02) return rare[Math.floor(random() * rare.length)] ?? hang
      return ways[Math.floor(random() * ways.length)] ?? hang
    }
    const { url } = receiver
    const webhooks = [{ url, secret, networks: 'any', timeoutMs: 100 }] as const
    const options = { random, webhooks }
    const dispatchers = [business.dispatch(options), business.dispatch(options)]
    await dispatchers[0]?.open()
    for (let count = 0; count < 40; count += 1) await business.sell()
    await business.drain(dispatchers, HOUR_MS)
    expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
    // What was given up by its sender may be read so late that its time is over.
    expect(receiver.refused.filter((reason) => reason !== 'too old')).toEqual([])
    expect(new Set(receiver.seen.map(({ path }) => path)).size).toBe(1)
  },
)

test('after an hour of outage everything arrives, soon, and in order', async () => {
  await using business = await openBusiness()
  const { receiver, clock } = business
  const dispatcher = business.dispatch()
  await dispatcher.open()
  receiver.answer = () => status(503)
  const endMs = clock.nowMs() + HOUR_MS
  for (let minute = 0; clock.nowMs() < endMs; minute += 1) {
    if (minute % 4 === 0) await business.sell()
    await dispatcher.pass()
    clock.advance(15_000)
  }
  expect(receiver.taken).toEqual([])
  // It was asked now and then, not with everything all the time.
  expect(receiver.seen.length).toBeLessThan(4 * 80)
  receiver.answer = () => status(204)
  // Each lane notices at its next attempt, within a minute and its jitter.
  for (let step = 0; step < 6; step += 1) {
    await dispatcher.pass()
    clock.advance(15_000)
  }
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
  expect(receiver.taken).toHaveLength(60 * 3)
})

test('one event that is refused holds up its own challenge and no other', async () => {
  await using business = await openBusiness()
  const { receiver, clock } = business
  const dispatcher = business.dispatch()
  await dispatcher.open()
  const poison = digestChallenge(await business.sell())
  for (let count = 0; count < 20; count += 1) await business.sell()
  receiver.answer = ({ type, data }) =>
    status(data.challenge === poison && type === 'challenge.paid' ? 400 : 204)
  for (let step = 0; step < 20; step += 1) {
    await dispatcher.pass()
    clock.advance(60_000)
  }
  const expected = await business.expected()
  expected.set(poison, [1])
  expect(firstArrivals(receiver.taken)).toEqual(expected)
  receiver.answer = () => status(204)
  await business.drain([dispatcher], HOUR_MS)
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
})

test('an event that is refused for three days is a dead letter, and the next of its challenge go on', async () => {
  await using business = await openBusiness()
  const { receiver, clock, told } = business
  const dispatcher = business.dispatch()
  await dispatcher.open()
  receiver.answer = ({ type }) => status(type === 'challenge.paid' ? 422 : 204)
  await business.sell()
  const days = (count: number): number => count * 24 * HOUR_MS
  const [startMs, passes] = [clock.nowMs(), [] as number[]]
  while (clock.nowMs() - startMs < days(2.9)) {
    passes.push(await dispatcher.pass())
    clock.advance(HOUR_MS)
  }
  expect(told.filter(({ name }) => name === 'delivery.dead')).toEqual([])
  expect(firstArrivals(receiver.taken).values().next().value).toEqual([1])
  while (clock.nowMs() - startMs < days(3.2)) {
    await dispatcher.pass()
    clock.advance(HOUR_MS)
  }
  const reason = 'the receiver answered 422'
  expect(told.filter(({ name }) => name === 'delivery.dead')).toMatchObject([{ reason }])
  expect(firstArrivals(receiver.taken).values().next().value).toEqual([1, 4])
})

test('events that are refused again and again do not hold up what is taken', async () => {
  await using business = await openBusiness()
  const { receiver, clock, deliveries, store } = business
  const dispatcher = business.dispatch({ mostWaiting: 5 })
  await dispatcher.open()
  receiver.answer = ({ type }) => status(type === 'challenge.cancelled' ? 422 : 204)
  const refuse = async (): Promise<void> => {
    const id = await business.sell('PENDING')
    await store.transition({ id, from: 'PENDING', to: 'CANCELLED', key: 'cancel' })
  }
  for (let minute = 0; minute < 240; minute += 4) {
    await refuse()
    await dispatcher.pass()
    clock.advance(240_000)
  }
  const id = await business.sell()
  for (let minute = 0; minute < 240; minute += 4) {
    await dispatcher.pass()
    clock.advance(240_000)
  }
  expect(firstArrivals(receiver.taken).get(digestChallenge(id))).toEqual([1, 3, 4])
  const [{ endpoint = '', dead = 0, behind } = {}] = await deliveries.list()
  // Some were given up after hours, so that their lanes read on; they can all be sent again.
  expect([behind, dead > 0]).toEqual([0, true])
  const letters = await deliveries.deadLetters(endpoint, 100)
  expect(letters.every(({ attempts }) => attempts >= 10)).toBe(true)
})

test('a receiver that refuses everything is not given up on for three days', async () => {
  await using business = await openBusiness()
  const { receiver, clock, told } = business
  const dispatcher = business.dispatch({ mostWaiting: 5 })
  await dispatcher.open()
  receiver.answer = () => status(400)
  for (let count = 0; count < 60; count += 1) await business.sell('PENDING')
  for (let hour = 0; hour < 70; hour += 1) {
    await dispatcher.pass()
    clock.advance(HOUR_MS)
  }
  expect(told.filter(({ name }) => name === 'delivery.dead')).toEqual([])
  receiver.answer = () => status(204)
  await business.drain([dispatcher], HOUR_MS)
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
})

test('four processes share the work of one endpoint, and nothing is lost or out of order', async () => {
  await using business = await openBusiness()
  const { receiver } = business
  const dispatchers = [1, 2, 3, 4].map(() => business.dispatch())
  await Promise.all(dispatchers.map((each) => each.open()))
  for (let count = 0; count < 60; count += 1) await business.sell()
  await business.drain(dispatchers)
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
  // Leases keep them apart: with clocks that agree nothing is sent twice.
  expect(receiver.taken).toHaveLength(60 * 3)
})

test('processes whose clocks disagree may send an event twice, but never out of order', async () => {
  await using business = await openBusiness()
  const { receiver } = business
  receiver.answer = () => late
  const ahead = createSteeredClock(business.clock.nowMs() + 200_000)
  const dispatchers = [business.dispatch(), business.dispatch({ clock: ahead })]
  await dispatchers[0]?.open()
  for (let count = 0; count < 30; count += 1) await business.sell()
  await business.drain(dispatchers)
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
  expect(receiver.refused).toEqual([])
})

test('a process that dies between sending and noting it leaves its events to the next', async () => {
  await using business = await openBusiness()
  const { receiver, documents, clock } = business
  let isDead = false
  const dying = business.dispatch({
    documents: {
      ...documents,
      swap: async (name, before, after) => {
        if (isDead && name.includes('/lane/')) throw new Error('killed')
        const swapped = await documents.swap(name, before, after)
        // The first lease is the last thing it writes.
        isDead ||= after?.includes('"lease"') ?? false
        return swapped
      },
    },
  })
  await dying.open()
  for (let count = 0; count < 10; count += 1) await business.sell()
  await expect(dying.pass()).rejects.toThrow('killed')
  const lost = receiver.taken.length
  expect(lost).toBeGreaterThan(0)
  const next = business.dispatch()
  await next.pass()
  // What it was at is left alone as long as it might live.
  expect(receiver.taken).toHaveLength(30)
  clock.advance(60_000)
  await next.pass()
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
  expect(receiver.taken).toHaveLength(30 + lost)
})

test('a store that does not answer breaks a pass off, and the next goes on', async () => {
  await using business = await openBusiness()
  const { receiver, store } = business
  let isDown = false
  const dispatcher = business.dispatch({
    store: {
      events: store.events,
      get: (id) => (isDown ? Promise.reject(new Error('down')) : store.get(id)),
    },
  })
  await dispatcher.open()
  await business.sell()
  isDown = true
  await expect(dispatcher.pass()).rejects.toThrow('down')
  isDown = false
  await dispatcher.pass()
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
})

test('a record that nobody has the key of holds up its own events, and no other', async () => {
  await using business = await openBusiness()
  const { receiver, store, clock } = business
  const missing = { facts: { field: 'accessGrant', reason: 'no key' } }
  let sealedId: string | undefined
  const dispatcher = business.dispatch({
    store: {
      events: store.events,
      get: async (id) => {
        if (id === sealedId) throw new Key0Error('STORE_UNAVAILABLE', missing)
        return store.get(id)
      },
    },
  })
  await dispatcher.open()
  sealedId = await business.sell()
  await business.sell()
  await dispatcher.pass()
  const held = digestChallenge(sealedId)
  expect(receiver.taken.length).toBeGreaterThan(0)
  expect(receiver.taken.filter(({ data }) => data.challenge === held)).toEqual([])
  sealedId = undefined
  clock.advance(HOUR_MS)
  await dispatcher.pass()
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
})

test('a new endpoint is told what happens from then on, an old one goes on where it was', async () => {
  await using business = await openBusiness()
  const { receiver } = business
  for (let count = 0; count < 7; count += 1) await business.sell()
  const first = business.dispatch()
  await first.open()
  const id = await business.sell('PAID')
  const second = business.dispatch()
  await second.open()
  await business.drain([second])
  expect([...firstArrivals(receiver.taken)]).toEqual([[digestChallenge(id), [1, 3]]])
})

test('Retry-After is kept to', async () => {
  await using business = await openBusiness()
  const { receiver, clock } = business
  const dispatcher = business.dispatch()
  await dispatcher.open()
  receiver.answer = () => (response) => response.writeHead(429, { 'retry-after': '600' }).end()
  await business.sell('PENDING')
  for (let step = 0; step < 9; step += 1) {
    await dispatcher.pass()
    clock.advance(60_000)
  }
  expect(receiver.seen).toHaveLength(1)
  clock.advance(60_000)
  await dispatcher.pass()
  expect(receiver.seen).toHaveLength(2)
})

test('a process that ends does not wait for a receiver, and what it had begun is sent again', async () => {
  await using business = await openBusiness()
  const { receiver } = business
  receiver.answer = () => hang
  const dispatcher = business.dispatch({ intervalMs: 10 })
  await dispatcher.open()
  await business.sell('PENDING')
  dispatcher.start()
  await receiver.whenSeen(1)
  await dispatcher[Symbol.asyncDispose]()
  receiver.answer = () => status(204)
  await business.dispatch().pass()
  expect(receiver.taken).toHaveLength(1)
})

test('only the types that were asked for are told', async () => {
  await using business = await openBusiness()
  const { receiver } = business
  const { url } = receiver
  const webhook = { url, secret, networks: 'any', types: ['challenge.paid'] } as const
  const dispatcher = business.dispatch({ webhooks: [webhook] })
  await dispatcher.open()
  await business.sell()
  await dispatcher.pass()
  expect(receiver.taken.map(({ type }) => type)).toEqual(['challenge.paid'])
})

test('money that is held and released again: who asked for one of the two is told of no other', async () => {
  await using business = await openBusiness()
  const { receiver, store } = business
  const types = ['challenge.held'] as const
  const dispatcher = business.dispatch({
    webhooks: [{ url: receiver.url, secret, networks: 'any', types }],
  })
  await dispatcher.open()
  const id = await business.sell('PAID')
  const write = (held: string | undefined): Promise<unknown> =>
    store.transition({ id, from: 'PAID', to: 'PAID', fields: { held }, key: `${held}` })
  await write('a doubt')
  await dispatcher.pass()
  await write(undefined)
  await dispatcher.pass()
  const [event, ...more] = receiver.taken
  expect(event).toMatchObject({ type: 'challenge.held', data: { held: 'a doubt' } })
  expect(more).toEqual([])
})

test('while secrets are rotated, receivers that know either of the two believe what they are sent', async () => {
  await using business = await openBusiness()
  const { receiver } = business
  const next = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
  const nobodys = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
  const webhook = { url: receiver.url, secret: [next, secret], networks: 'any' } as const
  const dispatcher = business.dispatch({ webhooks: [webhook] })
  await dispatcher.open()
  await business.sell('PENDING')
  await dispatcher.pass()
  expect(receiver.taken).toHaveLength(1)
  const [message = { headers: {}, body: '' }] = receiver.seen
  const at = { nowMs: () => business.clock.nowMs() }
  const kindFor = async (...known: string[]) => (await verifyWebhook(message, known, at)).kind
  expect(await Promise.all([kindFor(next), kindFor(secret), kindFor(nobodys)])).toEqual([
    ...['genuine', 'genuine', 'refused'],
  ])
})

test('a name that turns out to be inside a network is not sent to, at any attempt', async () => {
  await using business = await openBusiness()
  const { receiver, clock, told } = business
  const { port } = new URL(receiver.url)
  let asked = 0
  const dispatcher = business.dispatch({
    webhooks: [{ url: `http://hooks.example:${port}/`, secret }],
    resolve: (_, answer) => {
      asked += 1
      answer(null, [{ address: '127.0.0.1', family: 4 }])
    },
  })
  await dispatcher.open()
  await business.sell('PENDING')
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await dispatcher.pass()
    clock.advance(HOUR_MS)
  }
  expect([asked, receiver.seen]).toEqual([3, []])
  expect(told).toMatchObject([1, 2, 3].map(() => ({ reason: 'its address is not public' })))
})

test('a webhook inside a network is not sent to unless that is said', async () => {
  await using business = await openBusiness()
  const { url } = business.receiver
  const dispatcher = business.dispatch({ webhooks: [{ url, secret }] })
  await dispatcher.open()
  await business.sell('PENDING')
  await dispatcher.pass()
  expect(business.receiver.seen).toEqual([])
  expect(business.told).toMatchObject([{ reason: 'its address is not public' }])
})

test.each([
  ['an address twice', [{ url: 'https://a.example' }, { url: 'https://a.example/' }], 'webhooks'],
  ['a type that is none', [{ url: 'https://a.example', types: ['paid'] }], 'types'],
  ['a password in an address', [{ url: 'https://me:pw@a.example' }], 'url'],
  ['no secret', [{ url: 'https://a.example', secret: '' }], 'secret'],
])('%s is refused at start', async (_, webhooks, field) => {
  await using business = await openBusiness()
  const options = { ...business, webhooks: webhooks.map((each) => ({ secret, ...each })) }
  expect(() => createDispatcher(options as never)).toThrow(`${field}: expected`)
})
