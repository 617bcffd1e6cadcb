import { Buffer } from 'node:buffer'
import { expect, test } from 'vitest'
import { closedUrl, hangUp, startBackend, status } from '../../test/backend.ts'
import { type DeliverReceiptOptions, deliverReceipt } from './deliverReceipt.ts'
import { verifyWebhook } from './verifyWebhook.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const receipt = { idempotencyKey: 'eip155:84532:0xab', amountRaw: 100_000n, planId: 'basic' }

const options = (url: string, waits: number[] = []): DeliverReceiptOptions => ({
  ...{ url, secret, networks: 'any' },
  sleep: async (ms) => void waits.push(ms),
})

test('a receipt is signed, repeated under one id, and taken once', async () => {
  await using backend = await startBackend(hangUp, status(500), status(429), status(204))
  const waits: number[] = []
  const delivery = await deliverReceipt(receipt, options(backend.url, waits))
  expect(delivery).toEqual({ kind: 'delivered', attempts: 4 })
  expect(waits).toEqual([500, 1_000, 2_000])
  for (const { headers, body } of backend.seen)
    expect(await verifyWebhook({ headers, body }, secret)).toMatchObject({
      ...{ kind: 'genuine', id: receipt.idempotencyKey },
      payload: { ...receipt, amountRaw: '100000' },
    })
})

test('two secrets are active while they are rotated', async () => {
  await using backend = await startBackend(status(200))
  const next = `whsec_${Buffer.alloc(24, 8).toString('base64')}`
  await deliverReceipt(receipt, { ...options(backend.url), secret: [next, secret] })
  const { headers = {}, body = '' } = backend.seen[0] ?? {}
  for (const each of [secret, next])
    expect((await verifyWebhook({ headers, body }, each)).kind).toBe('genuine')
})

test.each([
  ['answers 400', 400, 1],
  ['redirects', 302, 1],
  ['answers 503', 503, 3],
])('a receiver that %s', async (_, code, attempts) => {
  await using backend = await startBackend(status(code, 's3cret'))
  const delivery = await deliverReceipt(receipt, { ...options(backend.url), attempts: 3 })
  const reason = `the receiver answered ${code}`
  expect(delivery).toEqual({ kind: 'failed', attempts, reason })
  expect(backend.seen).toHaveLength(attempts)
})

const loop: { idempotencyKey: string; self?: unknown } = { idempotencyKey: 'a' }
loop.self = loop

test.each<readonly [string, typeof receipt | object, Partial<DeliverReceiptOptions>, string]>([
  ['a receiver that is down', receipt, { attempts: 2 }, 'ECONNREFUSED'],
  ['an address that is none', receipt, { url: 'shop/hook' }, 'url: expected an absolute'],
  ['a weak secret', receipt, { secret: 'whsec_c2hvcnQ=' }, 'secret: expected one secret'],
  ['a count that cannot be', receipt, { attempts: 0 }, 'attempts: expected'],
  ['a receipt without a key', { amount: 1 }, {}, 'idempotencyKey: expected'],
  ['a receipt in a circle', loop, {}, 'receipt: expected what JSON can say'],
  ['a network that is private', receipt, { networks: 'public' }, 'its address is not public'],
  ['a sleep that throws', receipt, { sleep: () => Promise.reject(new Error('x')) }, 'tried'],
])('never throws: %s', async (_, what, changes, reason) => {
  const url = await closedUrl()
  const delivery = await deliverReceipt(what as typeof receipt, { ...options(url), ...changes })
  expect(delivery).toMatchObject({ kind: 'failed', reason: expect.stringContaining(reason) })
})

test('a key that is no header goes as a hash, the same every time', async () => {
  await using backend = await startBackend(status(200))
  const odd = { idempotencyKey: 'a.b\r\nx: ü' }
  await deliverReceipt(odd, options(backend.url))
  await deliverReceipt(odd, options(backend.url))
  const [first, second] = backend.seen.map(({ headers }) => headers['webhook-id'])
  expect(first).toMatch(/^receipt_[\da-f]{64}$/)
  expect(second).toBe(first)
})
