import type { ChallengeRecord, Delivered, Engine, EngineEvent } from '@key0/core'
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
const response = { status: 200, headers: [], body: 'a photo' }
const delivered = {
  ...{ challenge, grant, response, txHash: '0x5e', replayed: false },
} as unknown as Delivered
const paid: EngineEvent = { name: 'challenge.paid', challenge }

/** An engine that has delivered already. */
const engine = {
  pay: async () => delivered,
  deliver: async () => delivered,
  submitProof: async () => delivered,
  payResource: async () => delivered,
  proveResource: async () => delivered,
  lookUp: async () => ({ ...delivered, isPayer: true }),
} as unknown as Engine
const call = [
  (it: Engine) => it.pay({} as never),
  (it: Engine) => it.deliver('challenge-1'),
  (it: Engine) => it.submitProof({} as never),
  (it: Engine) => it.payResource({} as never, {} as never),
  (it: Engine) => it.proveResource({} as never, {} as never),
  (it: Engine) => it.lookUp('challenge-1'),
] as const

test('onPaid hears of a payment by its one identity, and nobody waits for it', async () => {
  const receipts: PaidReceipt[] = []
  const never = new Promise<never>(() => {})
  const { observe, guard } = createHooks({
    onPaid: (receipt) => {
      receipts.push(receipt)
      return never
    },
  })
  observe(paid)
  expect(await guard(engine).pay({} as never)).toBe(delivered)
  await new Promise((resolve) => setImmediate(resolve))
  expect(receipts).toMatchObject([
    { idempotencyKey: 'eip155:84532:0xab', payer: '0xbuyer', amountRaw: 100_000n, txHash: '0x5e' },
  ])
})

test.each(call)('with awaitOnPaid nothing is served before it is recorded (%#)', async (ask) => {
  const recording = Promise.withResolvers<void>()
  const order: string[] = []
  const { observe, guard } = createHooks({
    awaitOnPaid: true,
    onPaid: () => recording.promise.then(() => order.push('recorded')),
  })
  observe(paid)
  const serving = ask(guard(engine)).then(() => order.push('served'))
  await new Promise((resolve) => setImmediate(resolve))
  expect(order).toEqual([])
  recording.resolve()
  await serving
  expect(order).toEqual(['recorded', 'served'])
})

test.each(call)(
  'books that are down: the buyer asks again, and is served once they have it (%#)',
  async (ask) => {
    let isDown = true
    let calls = 0
    const alerts: string[] = []
    const { observe, guard } = createHooks({
      awaitOnPaid: true,
      onPaid: () => {
        calls += 1
        if (isDown) throw new Error('the books are down')
      },
      observe: (event) => void (event.name === 'alert' && alerts.push(event.what)),
    })
    observe(paid)
    await expect(ask(guard(engine))).rejects.toMatchObject({ code: 'DELIVERY_PENDING' })
    expect(alerts).toContain('onPaid failed: nothing is served until it does not')
    isDown = false
    const before = calls
    expect(await ask(guard(engine))).toMatchObject({ challenge })
    expect(await ask(guard(engine))).toMatchObject({ challenge })
    expect(calls - before).toBe(1)
  },
)

test('a stream that the books do not have is served all the same: it is kept nowhere', async () => {
  const stream = { challenge, response: { status: 200, headers: [] }, replayed: false }
  const { guard } = createHooks({
    awaitOnPaid: true,
    onPaid: () => Promise.reject(new Error('the books are down')),
  })
  const streaming = { payResource: async () => stream } as unknown as Engine
  expect(await guard(streaming).payResource({} as never, {} as never)).toBe(stream)
})

test('another process tells a payment again before it serves what the first delivered', async () => {
  const keys: string[] = []
  const { guard } = createHooks({
    awaitOnPaid: true,
    onPaid: ({ idempotencyKey }) => keys.push(idempotencyKey),
  })
  await Promise.all(call.map((ask) => ask(guard(engine))))
  expect(keys).toEqual(['eip155:84532:0xab'])
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
