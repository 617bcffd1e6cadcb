import type { ChallengeRecord, EngineEvent } from '@key0/core'
import { expect, test } from 'vitest'
import { createHooks } from './createHooks.ts'
import type { PaidReceipt } from './PaidReceipt.ts'

const challenge = {
  ...{ challengeId: 'challenge-1', requestId: 'request-1', clientAgentId: 'agent-1' },
  ...{ resourceId: 'default', planId: 'basic', amount: '$0.10', amountRaw: 100_000n },
  ...{ asset: 'USDC', chainId: 84_532, destination: '0xshop', fromAddress: '0xbuyer' },
  ...{ paymentRef: 'eip155:84532:0xab', txHash: '0x5e', paidAt: new Date(0), state: 'DELIVERED' },
} as unknown as ChallengeRecord
const grant = { type: 'AccessGrant', challengeId: 'challenge-1' }
const paid: EngineEvent = { name: 'challenge.paid', challenge }

test('onPaid hears of a payment by its one identity, and nobody waits for it', async () => {
  const receipts: PaidReceipt[] = []
  const never = new Promise<never>(() => {})
  const { observe, recordSale } = createHooks({
    onPaid: (receipt) => {
      receipts.push(receipt)
      return never
    },
  })
  observe(paid)
  expect(recordSale).toBeUndefined()
  await new Promise((resolve) => setImmediate(resolve))
  expect(receipts).toMatchObject([
    { idempotencyKey: 'eip155:84532:0xab', payer: '0xbuyer', amountRaw: 100_000n, txHash: '0x5e' },
  ])
})

test('onPaid hears which single request was bought', async () => {
  const resource = { method: 'GET', path: '/photos/7', query: 'size=1' }
  const told = Promise.withResolvers<PaidReceipt>()
  const { observe } = createHooks({ onPaid: told.resolve })
  observe({ name: 'challenge.paid', challenge: { ...challenge, planId: 'photo', resource } })
  expect(await told.promise).toMatchObject({ planId: 'photo', resource })
})

test('with awaitOnPaid a sale waits for its record, which is made once', async () => {
  const recording = Promise.withResolvers<void>()
  const order: string[] = []
  let calls = 0
  const { observe, recordSale } = createHooks({
    awaitOnPaid: true,
    onPaid: () => {
      calls += 1
      return recording.promise.then(() => order.push('recorded'))
    },
  })
  observe(paid)
  const selling = [1, 2].map(() => recordSale?.(challenge).then(() => order.push('sold')))
  await new Promise((resolve) => setImmediate(resolve))
  expect(order).toEqual([])
  recording.resolve()
  await Promise.all(selling)
  expect(order).toEqual(['recorded', 'sold', 'sold'])
  expect(calls).toBe(1)
})

test('books that are down: the sale fails, and each further one asks them again', async () => {
  let isDown = true
  let calls = 0
  const alerts: string[] = []
  const { observe, recordSale } = createHooks({
    awaitOnPaid: true,
    onPaid: () => {
      calls += 1
      if (isDown) throw new Error('the books are down')
    },
    observe: (event) => void (event.name === 'alert' && alerts.push(event.what)),
  })
  observe(paid)
  await expect(recordSale?.(challenge)).rejects.toThrow('the books are down')
  expect(alerts).toEqual(['onPaid failed'])
  isDown = false
  const before = calls
  await recordSale?.(challenge)
  await recordSale?.(challenge)
  expect(calls - before).toBe(1)
})

test('a payment in place of one that was reorganised away is recorded too', async () => {
  const keys: string[] = []
  const { observe, recordSale } = createHooks({
    awaitOnPaid: true,
    onPaid: ({ idempotencyKey }) => keys.push(idempotencyKey),
  })
  observe(paid)
  await recordSale?.(challenge)
  await recordSale?.({ ...challenge, paymentRef: 'eip155:84532:0xcd' } as never)
  expect(keys).toEqual(['eip155:84532:0xab', 'eip155:84532:0xcd'])
})

test('another process tells a payment that the first one took and did not deliver', async () => {
  const keys: string[] = []
  for (let process = 0; process < 2; process += 1) {
    const { recordSale } = createHooks({
      awaitOnPaid: true,
      onPaid: ({ idempotencyKey }) => keys.push(idempotencyKey),
    })
    await recordSale?.(challenge)
  }
  expect(keys).toEqual(['eip155:84532:0xab', 'eip155:84532:0xab'])
})

test('a hook that fails is an alert, and turns no sale into an error', async () => {
  const events: string[] = []
  const fail = () => {
    throw new Error('mine')
  }
  const { observe } = createHooks({
    ...{ onPaid: fail, onPaymentReceived: fail, onChallengeExpired: fail },
    observe: (event) => {
      events.push(event.name === 'alert' ? event.what : event.name)
      throw new Error('mine, too')
    },
  })
  const closed = { ...challenge, state: 'EXPIRED' } as ChallengeRecord
  observe(paid)
  observe({ name: 'challenge.delivered', challenge: { ...challenge, accessGrant: grant as never } })
  observe({ name: 'challenge.closed', challenge: closed })
  await new Promise((resolve) => setImmediate(resolve))
  expect(events.filter((each) => each.endsWith('failed')).sort()).toEqual([
    ...['onChallengeExpired failed', 'onPaid failed', 'onPaymentReceived failed'],
  ])
})
