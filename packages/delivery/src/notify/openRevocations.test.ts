import type { RefundProgress } from '@key0/core'
import { expect, test } from 'vitest'
import { hang, hangUp, startBackend, status } from '../../test/backend.ts'
import { type Business, openBusiness } from '../../test/business.ts'
import { sharedSecretAuth } from '../auth/sharedSecretAuth.ts'

/** Claims the refund of a plan that was paid and not delivered. */
async function claim({ store, clock }: Business, id: string) {
  const { paymentRef, token, chainId, destination, amountRaw, fromAddress, ...record } =
    (await store.get(id)) ?? expect.fail('there is no such record')
  const refund: RefundProgress = {
    ...{ paymentRef: paymentRef ?? expect.fail('it is not paid'), sequence: 0, stage: 'INTENT' },
    ...{ chainId, token, from: destination, to: fromAddress ?? '0x', value: amountRaw },
    ...{ nonce: '0x00', sinceBlock: 0n, carriers: [], attempts: 0, claimedAtMs: clock.nowMs() },
  }
  const move = { id, from: 'PAID', to: 'REFUND_PENDING', key: 'claim' } as const
  expect((await store.transition({ ...move, fields: { refund } })).kind).toBe('applied')
  const { challengeId, requestId, resourceId, planId, txHash } = record
  return { challengeId, requestId, resourceId, planId, txHash, idempotencyKey: paymentRef }
}

test('a backend that is down revokes once it is back, whichever process asks, under one key', async () => {
  await using business = await openBusiness()
  await using backend = await startBackend(hangUp, status(503), hang, status(204))
  const auth = sharedSecretAuth('X-Internal-Auth', 's3cret')
  const revocations = { url: backend.url, auth, timeoutMs: 50 }
  const open = () => business.dispatch({ webhooks: [], revocations })
  const [first, second] = [open(), open()]
  await first.open()
  const id = await business.sell('PAID')
  await first.pass()
  expect(backend.seen).toEqual([])
  const request = await claim(business, id)
  await first.pass()
  // The process ends; another one goes on.
  await first[Symbol.asyncDispose]()
  await business.drain([second])
  expect(backend.seen).toHaveLength(4)
  for (const { method, headers, body } of backend.seen) {
    expect(JSON.parse(body)).toEqual(request)
    expect([method, headers['idempotency-key'], headers['x-internal-auth']]).toEqual([
      'POST',
      request.idempotencyKey,
      's3cret',
    ])
  }
  expect(await business.deliveries.list()).toMatchObject([
    { endpoint: 'revocations', waiting: 0, dead: 0, failures: 0 },
  ])
  const kept = JSON.stringify(await business.deliveries.attempts('revocations', 9))
  expect(kept).toContain(request.txHash)
  for (const secret of [id, request.requestId, 's3cret']) expect(kept).not.toContain(secret)
})

test('one that never revokes is asked for three days, and then a person is told', async () => {
  await using business = await openBusiness()
  await using backend = await startBackend(status(500))
  const dispatcher = business.dispatch({ webhooks: [], revocations: { url: backend.url } })
  await dispatcher.open()
  await claim(business, await business.sell('PAID'))
  await business.drain([dispatcher], 3_600_000)
  const dead = business.told.filter(({ name }) => name === 'delivery.dead')
  expect(dead).toMatchObject([{ endpoint: 'revocations', reason: 'the receiver answered 500' }])
  expect(backend.seen.length).toBeGreaterThan(70)
  const sequence = (await business.deliveries.deadLetters('revocations', 9))[0]?.sequence ?? 0
  await business.deliveries.redeliver('revocations', sequence)
  const before = backend.seen.length
  await dispatcher.pass()
  expect(backend.seen).toHaveLength(before + 1)
})

test('what was delivered, a single request and a stray transfer are not revoked', async () => {
  await using business = await openBusiness()
  await using backend = await startBackend(status(204))
  const store = { ...business.store }
  const dispatcher = business.dispatch({
    ...{ store, webhooks: [], revocations: { url: backend.url } },
  })
  await dispatcher.open()
  await business.sell('DELIVERED')
  for (const change of [
    { scope: 'stray' },
    { resource: { method: 'GET', path: '/photos/1', query: '' } },
  ]) {
    await claim(business, await business.sell('PAID'))
    store.get = async (id) =>
      ({ ...((await business.store.get(id)) as never as object), ...change }) as never
    await dispatcher.pass()
  }
  expect(backend.seen).toEqual([])
  store.get = async () => undefined
  await claim(business, await business.sell('PAID'))
  await dispatcher.pass()
  expect(await business.deliveries.deadLetters('revocations', 9)).toMatchObject([
    { reason: 'the purchase is no longer kept' },
  ])
})

test.each([
  ['url', { url: 'http://user:s3cret@backend/' }],
  ['timeoutMs', { timeoutMs: 0 }],
])('a bad %s is refused when the dispatcher is made', async (name, options) => {
  await using business = await openBusiness()
  const make = () => business.dispatch({ revocations: { url: 'http://backend/', ...options } })
  expect(make).toThrow(name)
  expect(make).not.toThrow('s3cret')
})
