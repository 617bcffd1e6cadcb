import { expect, test } from 'vitest'
import { status } from '../../test/backend.ts'
import { openBusiness } from '../../test/business.ts'
import { firstArrivals, secret } from '../../test/receiver.ts'
import type { DeliveryQuery } from './Deliveries.ts'
import { digestChallenge } from './WebhookEvent.ts'

const DAY_MS = 86_400_000
const order = { actor: 'ada', reason: 'maintenance' }

/** A business with one endpoint and its name. */
async function openEndpoint() {
  const business = await openBusiness()
  const dispatcher = business.dispatch()
  await dispatcher.open()
  const [{ endpoint = '' } = {}] = await business.deliveries.list()
  return { business, dispatcher, endpoint }
}

test('the list says where an endpoint is, what waits, and why', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver } = business
  const { origin, pathname } = new URL(receiver.url)
  const address = `${origin}${pathname}`
  const still = { endpoint, address, waiting: 0, behind: 0, dead: 0, failures: 0 }
  expect(await deliveries.list()).toEqual([still])
  await business.sell()
  expect(await deliveries.list()).toEqual([{ ...still, behind: 3 }])
  receiver.answer = () => status(500)
  await dispatcher.pass()
  const lastReason = 'the receiver answered 500'
  expect(await deliveries.list()).toEqual([{ ...still, waiting: 3, failures: 1, lastReason }])
})

test('a paused endpoint is sent nothing; what happens meanwhile arrives when it is resumed', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver } = business
  await deliveries.pause(endpoint, order)
  expect(await deliveries.list()).toMatchObject([{ paused: { by: 'ada', reason: 'maintenance' } }])
  for (let count = 0; count < 5; count += 1) await business.sell()
  await dispatcher.open()
  await dispatcher.pass()
  expect(receiver.seen).toEqual([])
  await deliveries.resume(endpoint)
  await dispatcher.pass()
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
  expect((await deliveries.list())[0]?.paused).toBeUndefined()
})

test('one endpoint that is paused or down delays no other', async () => {
  await using business = await openBusiness()
  await using other = await openBusiness()
  const webhooks = [business, other].map(({ receiver: { url } }) => ({
    ...{ url, secret, networks: 'any', timeoutMs: 300 },
  })) as never
  const dispatcher = business.dispatch({ webhooks })
  await dispatcher.open()
  business.receiver.answer = () => status(500)
  await business.sell()
  await dispatcher.pass()
  expect([business.receiver.taken.length, other.receiver.taken.length]).toEqual([0, 3])
})

test('a dead letter is listed, sent again, and is dead no more', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver, clock } = business
  receiver.answer = ({ type }) => status(type === 'challenge.paid' ? 400 : 204, 'no such plan')
  const id = await business.sell()
  for (let hour = 0; hour < 80; hour += 1) {
    await dispatcher.pass()
    clock.advance(DAY_MS / 24)
  }
  const [letter, ...more] = await deliveries.deadLetters(endpoint, 10)
  const reason = 'the receiver answered 400'
  expect([letter, more]).toMatchObject([{ challengeId: id, reason, sequence: 3 }, []])
  expect(letter?.diedAtMs).toBeGreaterThanOrEqual((letter?.firstAtMs ?? 0) + 3 * DAY_MS)
  expect(await deliveries.show(endpoint, 3)).toMatchObject({
    ...{ state: 'dead', type: 'challenge.paid', version: 3, challenge: digestChallenge(id) },
    attempts: expect.arrayContaining([
      expect.objectContaining({ response: { status: 400, excerpt: 'no such plan' }, attempt: 73 }),
    ]),
  })
  receiver.answer = () => status(204)
  await deliveries.redeliver(endpoint, 3)
  await deliveries.redeliver(endpoint, 3)
  await dispatcher.pass()
  expect(receiver.taken.filter(({ type }) => type === 'challenge.paid')).toHaveLength(1)
  expect(await deliveries.deadLetters(endpoint, 10)).toEqual([])
  expect((await deliveries.show(endpoint, 3)).state).toBe('delivered')
})

test('what arrived is sent again under the same id when somebody asks, and once', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver } = business
  await business.sell()
  await dispatcher.pass()
  const [latest] = await deliveries.attempts(endpoint, 1)
  expect(latest).toMatchObject({ outcome: 'delivered', response: { status: 204 }, attempt: 1 })
  await deliveries.redeliver(endpoint, latest?.sequence ?? 0)
  await dispatcher.pass()
  await dispatcher.pass()
  expect(receiver.taken.map(({ idempotencyKey }) => idempotencyKey).at(-1)).toBe(latest?.id)
  expect(receiver.taken).toHaveLength(4)
  // Asked for before it was reached, it comes by itself.
  await business.sell()
  await deliveries.redeliver(endpoint, 5)
  await dispatcher.pass()
  await dispatcher.pass()
  expect(receiver.taken).toHaveLength(7)
})

test('a dead letter that nobody wants is discarded; its event can be sent all the same', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver, clock } = business
  receiver.answer = () => status(410)
  await business.sell('PENDING')
  await dispatcher.pass()
  clock.advance(3 * DAY_MS)
  await dispatcher.pass()
  expect(await deliveries.deadLetters(endpoint, 10)).toHaveLength(1)
  await deliveries.discard(endpoint, 1)
  expect(await deliveries.deadLetters(endpoint, 10)).toEqual([])
  await expect(deliveries.discard(endpoint, 1)).rejects.toMatchObject({ code: 'DELIVERY_UNKNOWN' })
  receiver.answer = () => status(204)
  await deliveries.redeliver(endpoint, 1)
  await dispatcher.pass()
  expect(receiver.taken).toHaveLength(1)
})

test('the log keeps what a receiver wrote without its credentials, and not for ever', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver, documents } = business
  const words = `no Bearer abc.def \u001b[31m eyJhbGciOi.eyJzdWIi.c2ln 0x${'ab'.repeat(32)} ${secret}`
  receiver.answer = () => status(200, words)
  await business.sell('PENDING')
  await dispatcher.pass()
  const [{ response, request } = {}] = await deliveries.attempts(endpoint, 9)
  expect(response?.excerpt).toBe('no [redacted] [31m [redacted] [redacted] [redacted]')
  expect(JSON.parse(request ?? '')).toMatchObject({ type: 'challenge.created' })
  for (let count = 0; count < 200; count += 1) {
    await business.sell('PENDING')
    await dispatcher.pass()
  }
  const chunks = await documents.list('delivery-log/', { limit: 1_000 })
  expect(chunks.length).toBeLessThanOrEqual(80)
})

test('deliveries are found by where they are, page by page', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver, clock } = business
  const dies = await business.sell('PENDING')
  receiver.answer = () => status(400)
  await dispatcher.pass()
  for (let hour = 0; hour < 80; hour += 1) {
    clock.advance(DAY_MS / 24)
    await dispatcher.pass()
  }
  receiver.answer = () => status(204)
  const arrives = await business.sell()
  await dispatcher.pass()
  receiver.answer = () => status(400)
  const late = await business.sell()
  await dispatcher.pass()
  const find = async (query: Partial<DeliveryQuery>) =>
    (await deliveries.find(endpoint, { limit: 100, ...query })).map(
      ({ state, challenge, sequence }) => [sequence, state, challenge] as const,
    )
  const all = await find({})
  const numbers = all.map(([sequence]) => sequence)
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  const dead = await find({ state: 'dead' })
  expect(new Set(dead.map(([, , challenge]) => challenge))).toEqual(
    new Set([digestChallenge(dies)]),
  )
  expect(await find({ state: 'waiting' })).toEqual(
    all.filter(([, , challenge]) => challenge === digestChallenge(late)),
  )
  expect(await find({ state: 'delivered' })).toEqual(
    all.filter(([, , challenge]) => challenge === digestChallenge(arrives)),
  )
  expect((await find({ state: 'delivered' })).length).toBe(3)
  const paged: unknown[] = []
  for (let after = 0; ; ) {
    const page = await find({ after, limit: 2 })
    paged.push(...page)
    after = page.at(-1)?.[0] ?? 0
    if (page.length === 0) break
  }
  expect(paged).toEqual(all)
  const [first] = await deliveries.find(endpoint, { state: 'dead', limit: 1 })
  expect(first).toMatchObject({ attempts: 73, reason: 'the receiver answered 400' })
  expect(first?.at).toBe(
    new Date((await deliveries.deadLetters(endpoint, 1))[0]?.diedAtMs ?? 0).toISOString(),
  )
})

test('all dead letters are sent again, and wait until they are', async () => {
  const { business, dispatcher, endpoint } = await openEndpoint()
  await using _ = business
  const { deliveries, receiver, clock } = business
  receiver.answer = () => status(400)
  for (let count = 0; count < 5; count += 1) await business.sell('PENDING')
  await dispatcher.pass()
  clock.advance(3 * DAY_MS)
  await dispatcher.pass()
  expect(await deliveries.deadLetters(endpoint, 10)).toHaveLength(5)
  receiver.answer = () => status(204)
  await deliveries.pause(endpoint, order)
  const first = await deliveries.redeliverDead(endpoint, 2)
  expect(first).toEqual({ redelivered: 2, isPartial: true })
  await dispatcher.pass()
  // The endpoint is paused: what is not dead any more has not arrived either.
  expect((await deliveries.show(endpoint, 1)).state).toBe('waiting')
  expect(await deliveries.list()).toMatchObject([{ waiting: 2, dead: 3 }])
  expect(await deliveries.find(endpoint, { state: 'waiting', limit: 9 })).toHaveLength(2)
  expect(await deliveries.find(endpoint, { state: 'delivered', limit: 9 })).toEqual([])
  await deliveries.resume(endpoint)
  const rest = await deliveries.redeliverDead(endpoint, 3)
  expect(rest).toEqual({ redelivered: 3, isPartial: false })
  await dispatcher.pass()
  expect(firstArrivals(receiver.taken)).toEqual(await business.expected())
  expect(receiver.taken).toHaveLength(5)
  expect(await deliveries.redeliverDead(endpoint, 3)).toEqual({ redelivered: 0, isPartial: false })
})

test.each<readonly [string, (of: Awaited<ReturnType<typeof openEndpoint>>) => Promise<unknown>]>([
  ['a pause', ({ business }) => business.deliveries.pause('we_none', order)],
  ['a resume', ({ business }) => business.deliveries.resume('we_none')],
  ['a redelivery', ({ business }) => business.deliveries.redeliver('we_none', 1)],
  ['attempts', ({ business }) => business.deliveries.attempts('we_none', 1)],
  ['deliveries', ({ business }) => business.deliveries.find('we_none', { limit: 1 })],
  ['all redeliveries', ({ business }) => business.deliveries.redeliverDead('we_none', 1)],
  ['dead letters', ({ business }) => business.deliveries.deadLetters('we_none', 1)],
  ['an event', ({ business, endpoint }) => business.deliveries.show(endpoint, 99)],
  ['a step of ours', ({ business, endpoint }) => business.deliveries.redeliver(endpoint, 2)],
])('%s of what does not exist is refused, and changes nothing', async (_, call) => {
  const of = await openEndpoint()
  await using business = of.business
  await business.sell()
  const before = await business.documents.list('', { limit: 1_000 })
  await expect(call(of)).rejects.toMatchObject({ code: 'DELIVERY_UNKNOWN' })
  expect(await business.documents.list('', { limit: 1_000 })).toEqual(before)
})

test('a pause without a reason is refused', async () => {
  const { business, endpoint } = await openEndpoint()
  await using _ = business
  const call = business.deliveries.pause(endpoint, { actor: 'ada', reason: ' ' })
  await expect(call).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' })
})
