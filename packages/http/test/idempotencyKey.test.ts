import { randomUUID } from 'node:crypto'
import { decodePaymentHeader, encodePaymentHeader, encodeV1PaymentHeader } from '@key0/x402'
import { describe, expect, test } from 'vitest'
import { readOffer } from './buy.ts'
import { openPaidWorld, type PaidWorld } from './paidWorld.ts'

const photo = '/photos/1'
const random = '0b6f2d3c-6a1e-4c7b-9d55-3f0a8e21c974'
const counted = 'order-0000000000042'

const keyed = (key: string) => ({ headers: { 'idempotency-key': key } })

/** Pays as version 1 does: with a payment that does not say what it is for. */
function payV1(world: PaidWorld, payment: string, key?: string, target = photo) {
  const { payload } = decodePaymentHeader(payment)
  const version = { x402Version: 1, scheme: 'exact', network: 'base-sepolia' } as const
  const headers = { 'x-payment': encodeV1PaymentHeader({ ...version, payload }) }
  const named = key === undefined ? {} : { 'idempotency-key': key }
  return world.send(target, { headers: { ...headers, ...named } })
}

const seen = async (response: Response) =>
  response.status === 200
    ? await response.text()
    : ((await response.json()) as { code: string }).code

const charged = ({ ledger, asked }: PaidWorld) => [ledger.transfers().length, asked.length]

describe('a buyer of version 1 whose answer was lost', () => {
  test('asks again under its random key and is charged once', async () => {
    const world = openPaidWorld()
    const key = randomUUID()
    const payment = await world.sign(await world.send(photo))
    for (let time = 0; time < 2; time += 1)
      expect(await seen(await payV1(world, payment, key))).toBe('the photo')
    expect(charged(world)).toEqual([1, 1])
  })

  test.each([random, counted])('signs anew under its key %s, free of charge', async (key) => {
    const world = openPaidWorld()
    for (let time = 0; time < 2; time += 1) {
      const payment = await world.sign(await world.send(photo, keyed(key)))
      expect(await seen(await payV1(world, payment, key))).toBe('the photo')
    }
    expect(charged(world)).toEqual([1, 1])
  })

  test('that had no key is told one, signs anew under it, and is not charged', async () => {
    const world = openPaidWorld()
    const payment = await world.sign(await world.send(photo))
    expect(await seen(await payV1(world, payment))).toBe('the photo')
    const refused = await payV1(world, payment)
    const { code, facts } = (await refused.json()) as {
      readonly code: string
      readonly facts: { readonly requestId: string }
    }
    expect([refused.status, code]).toEqual([403, 'PAYER_PROOF_REQUIRED'])
    const again = await world.sign(await world.send(photo, keyed(facts.requestId)))
    expect(await seen(await payV1(world, again, facts.requestId))).toBe('the photo')
    expect(charged(world)).toEqual([1, 1])
  })
})

test('whoever copies a mined payment and guesses its key is not served', async () => {
  const world = openPaidWorld()
  const payment = await world.sign(await world.send(photo))
  expect(await seen(await payV1(world, payment, counted))).toBe('the photo')
  expect(await seen(await payV1(world, payment, counted))).toBe('PAYER_PROOF_REQUIRED')
  const offered = await world.send(photo, keyed(counted))
  expect(readOffer(offered).accepts[0]?.extra).not.toHaveProperty('challengeId')
  const { response } = await world.buy(photo, keyed(counted), payment)
  expect(await seen(response)).not.toBe('the photo')
  expect(charged(world)).toEqual([1, 1])
})

test('who asked first under a guessable key is not served what another paid for', async () => {
  const world = openPaidWorld()
  const told = readOffer(await world.send(photo, keyed(counted)))
  const payment = await world.sign(await world.send(photo, keyed(counted)))
  const bought = await world.buy(photo, keyed(counted), payment)
  expect(await seen(bought.response)).toBe('the photo')
  const thief = await world.sign(
    new Response(null, {
      status: 402,
      headers: { 'payment-required': btoa(JSON.stringify(told)) },
    }),
  )
  const { accepted } = decodePaymentHeader(thief)
  const copied = btoa(JSON.stringify({ ...decodePaymentHeader(payment), accepted }))
  const { response } = await world.buy(photo, {}, copied)
  expect(await seen(response)).toBe('PAYER_PROOF_REQUIRED')
})

test('a buyer of version 2 that signs anew under its key is charged once', async () => {
  const world = openPaidWorld()
  for (const key of [randomUUID(), counted])
    for (let time = 0; time < 2; time += 1)
      expect(await seen((await world.buy(photo, keyed(key))).response)).toBe('the photo')
  expect(charged(world)).toEqual([2, 2])
})

test('a buyer that names its payment too is charged once for that name', async () => {
  const world = openPaidWorld()
  const info = { required: false, id: 'payment-0000000000042' }
  const extensions = { 'payment-identifier': { info, schema: {} } }
  for (let time = 0; time < 2; time += 1) {
    const signed = decodePaymentHeader(await world.sign(await world.send(photo, keyed(counted))))
    const payment = encodePaymentHeader({ ...signed, extensions })
    expect(await seen((await world.buy(photo, keyed(counted), payment)).response)).toBe('the photo')
  }
  expect(charged(world)).toEqual([1, 1])
})

test('the seller’s server is asked under our key and never sees the buyer’s', async () => {
  const world = openPaidWorld()
  await world.buy(photo, { headers: { ...keyed(counted).headers, 'x-own': 'passes' } })
  const [request] = world.asked
  expect(request?.headers.get('idempotency-key')).toBeNull()
  expect(request?.headers.get('x-own')).toBe('passes')
  expect(request?.paid).toMatchObject({ requestId: counted })
  expect(request?.paid?.idempotencyKey).toMatch(/^auth:/)
})

test('a client that makes a key for every attempt is served, and its payment again', async () => {
  const world = openPaidWorld()
  const payment = await world.sign(await world.send(photo, keyed(randomUUID())))
  for (let time = 0; time < 2; time += 1) {
    const { response } = await world.buy(photo, keyed(randomUUID()), payment)
    expect(await seen(response)).toBe('the photo')
  }
  expect(charged(world)).toEqual([1, 1])
})

test('one key is one request: with another it is refused before anything is charged', async () => {
  const world = openPaidWorld()
  const key = randomUUID()
  const payment = await world.sign(await world.send(photo, keyed(key)))
  const other = await world.send('/photos/2', keyed(key))
  expect([other.status, await seen(other)]).toEqual([409, 'REQUEST_CONFLICT'])
  expect(await seen(await payV1(world, payment, key, '/photos/2'))).toBe('REQUEST_CONFLICT')
  expect(charged(world)).toEqual([0, 0])
})

test.each(['short', `${'a'.repeat(129)}`, 'with space in the middle', ''])(
  'the key %j is named as wrong, and nothing is charged',
  async (key) => {
    const world = openPaidWorld()
    const payment = await world.sign(await world.send(photo))
    for (const response of [
      await world.send(photo, keyed(key)),
      await payV1(world, payment, key),
    ]) {
      const { code, facts } = (await response.json()) as { code: string; facts: object }
      expect([response.status, code]).toEqual([400, 'REQUEST_MALFORMED'])
      expect(facts).toMatchObject({ field: 'Idempotency-Key' })
    }
    expect(charged(world)).toEqual([0, 0])
  },
)

test('a key as the draft of the header writes it, in quotes, is the same key', async () => {
  const world = openPaidWorld()
  const key = randomUUID()
  const ids = [key, `"${key}"`].map(
    async (written) =>
      readOffer(await world.send(photo, keyed(written))).accepts[0]?.extra?.challengeId,
  )
  expect(new Set(await Promise.all(ids)).size).toBe(1)
})
