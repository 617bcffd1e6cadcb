import type { Resource } from '@key0/core'
import { expect, test } from 'vitest'
import { startBackend, status } from '../../test/backend.ts'
import { openBusiness } from '../../test/business.ts'
import { secret } from '../../test/receiver.ts'
import { sharedSecretAuth } from '../auth/sharedSecretAuth.ts'
import { verifyWebhook } from './verifyWebhook.ts'

test('the backend is told once a payment has its grant, with auth, a key that repeats and a signature', async () => {
  await using business = await openBusiness()
  await using backend = await startBackend(status(500), status(200))
  const auth = sharedSecretAuth('X-Internal-Auth', 's3cret')
  const dispatcher = business.dispatch({
    ...{ webhooks: [], backend: { url: backend.url, auth, secret } },
  })
  await dispatcher.open()
  const id = await business.sell()
  await business.sell('PAID')
  await dispatcher.pass()
  business.clock.advance(10_000)
  await dispatcher.pass()
  expect(backend.seen).toHaveLength(2)
  const grant = (await business.store.get(id))?.accessGrant
  for (const { headers, body } of backend.seen) {
    expect(headers).toMatchObject({
      'x-internal-auth': 's3cret',
      'idempotency-key': expect.stringMatching(/^payment-received-[\da-f]{64}$/),
    })
    expect(JSON.parse(body)).toMatchObject({ ...grant, payment: { amountRaw: '100000' } })
    const at = { nowMs: () => business.clock.nowMs() }
    expect((await verifyWebhook({ headers, body }, secret, at)).kind).toBe('genuine')
  }
  const [first, second] = backend.seen.map(({ headers }) => headers['webhook-id'])
  expect(second).toBe(first)
  const kept = JSON.stringify(await business.documents.list('', { limit: 99 }))
  expect(kept).not.toContain('eyJcanary')
  expect(await business.deliveries.attempts('backend', 9)).toMatchObject([
    { type: 'payment-received', outcome: 'delivered', attempt: 2 },
    { type: 'payment-received', outcome: 'failed', reason: 'the receiver answered 500' },
  ])
})

test('a grant that is no longer kept is a dead letter at once, and an auth provider that throws is asked again', async () => {
  await using business = await openBusiness()
  await using backend = await startBackend(status(200))
  let throws = true
  const auth = () => {
    if (throws) throw new Error('s3cret')
    return {}
  }
  const store = { ...business.store }
  const options = { webhooks: [], backend: { url: backend.url, auth } }
  await business.dispatch(options).open()
  await business.sell()
  await business.dispatch(options).pass()
  expect(business.told).toMatchObject([{ reason: 'the auth provider gave no usable headers' }])
  throws = false
  business.clock.advance(10_000)
  store.get = async () => undefined
  await business.dispatch({ ...options, store }).pass()
  expect(backend.seen).toEqual([])
  expect(await business.deliveries.deadLetters('backend', 9)).toMatchObject([
    { reason: 'what was bought is no longer kept' },
  ])
})

/** What only the buyer and whoever answers it know: its query and its body. */
const request: Resource = {
  ...{ method: 'GET', path: '/photos/7', query: 'canary=query' },
  bodyDigest: `0x${'ca'.repeat(32)}`,
}

test('of a single request that was answered the backend is told which, and not what was asked', async () => {
  await using business = await openBusiness()
  await using backend = await startBackend(status(500), status(200))
  const dispatcher = business.dispatch({ webhooks: [], backend: { url: backend.url, secret } })
  await dispatcher.open()
  const id = await business.sell('DELIVERED', request)
  await dispatcher.pass()
  business.clock.advance(10_000)
  await dispatcher.pass()
  const { requestId, resourceId, txHash } = (await business.store.get(id)) ?? {}
  expect(backend.seen).toHaveLength(2)
  for (const { headers, body } of backend.seen) {
    expect(JSON.parse(body)).toEqual({
      ...{ type: 'PaidRequest', challengeId: id, requestId, resourceId, txHash },
      resource: { routeId: 'photo', method: 'GET', path: '/photos/7' },
      payment: expect.objectContaining({ amountRaw: '100000', asset: 'USDC' }),
    })
    for (const canary of ['canary', request.bodyDigest]) expect(body).not.toContain(canary)
    const at = { nowMs: () => business.clock.nowMs() }
    expect((await verifyWebhook({ headers, body }, secret, at)).kind).toBe('genuine')
  }
  const [first, second] = backend.seen.map(({ headers }) => headers['idempotency-key'])
  expect(first).toMatch(/^payment-received-[\da-f]{64}$/)
  expect(second).toBe(first)
  const kept = JSON.stringify(await business.documents.list('delivery-log/', { limit: 99 }))
  expect(kept).not.toContain(id)
})

test.each([
  ['AccessGrant', ['AccessGrant']],
  ['PaidRequest', ['PaidRequest']],
] as const)('a backend that wants %s alone is told of nothing else', async (wanted, types) => {
  await using business = await openBusiness()
  await using backend = await startBackend(status(200))
  const options = { webhooks: [], backend: { url: backend.url, types } }
  const dispatcher = business.dispatch(options)
  await dispatcher.open()
  await business.sell('DELIVERED', request)
  await business.sell()
  await dispatcher.pass()
  expect(backend.seen.map(({ body }) => JSON.parse(body).type)).toEqual([wanted])
  expect(business.told).toEqual([])
  expect(await business.deliveries.list()).toMatchObject([{ waiting: 0, behind: 0, dead: 0 }])
})

test('a type that is none is refused at start', async () => {
  await using business = await openBusiness()
  for (const types of [['Grant'], []]) {
    const backend = { url: 'https://a.example', types } as never
    expect(() => business.dispatch({ webhooks: [], backend })).toThrow('types: expected some of')
  }
})
