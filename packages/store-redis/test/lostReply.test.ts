import { createMint } from '@key0/conformance/store'
import { startLossyProxy } from '@key0/test-services'
import { expect, inject, test } from 'vitest'
import { connect, openStore } from './openStore.ts'

const clock = { nowMs: () => Date.now() }

/** A store whose replies can be lost between the server and the client. */
async function openLossy() {
  const { port } = new URL(inject('redisUrl'))
  const proxy = await startLossyProxy({ port: Number(port) })
  const redis = connect(`redis://127.0.0.1:${proxy.port}`)
  redis.on('error', () => {})
  await redis.ping()
  const { store } = openStore(redis)
  return {
    store,
    /** Makes a call whose first reply is lost; the client sends it again by itself. */
    async losing<answer>(call: () => Promise<answer>): Promise<answer> {
      const lost = proxy.loseNextReply()
      const answer = call()
      await lost
      return answer
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      await proxy.stop()
    },
  }
}

test('a payer whose challenge was created with a lost reply is shown that very challenge', async () => {
  await using lossy = await openLossy()
  const { base } = createMint(clock)()
  await lossy.store.create(createMint(clock)({ challengeId: 'warm', requestId: 'warm' }).base, {
    key: 'loads the script',
  })
  const outcome = await lossy.losing(() => lossy.store.create(base, { key: 'create' }))
  expect(outcome).toMatchObject({ kind: 'replayed', record: { challengeId: base.challengeId } })
  expect(await lossy.store.history(base.challengeId)).toHaveLength(1)
})

test('a payment whose reply was lost at any step is taken once, and goes on', async () => {
  await using lossy = await openLossy()
  const { store, losing } = lossy
  const mint = createMint(clock)
  const walk = async (lose: boolean) => {
    const minted = mint()
    const { challengeId: id } = minted.base
    const payment = minted.pay()
    const step: typeof losing = (call) => (lose ? losing(call) : call())
    await store.create(minted.base, { key: 'create' })
    const kinds = [
      await step(() => store.reserve(id, payment.intent(), { key: 'reserve' })),
      await step(() =>
        store.settle(
          id,
          payment.paymentRef,
          payment.paid({ intent: payment.intent({ stage: 'PAID' }) }),
          { key: 'settle' },
        ),
      ),
      await step(() =>
        store.transition({
          ...{ id, from: 'PAID', to: 'PAID', key: 'lease', version: 3 },
          fields: { lease: { holder: 'gateway', untilMs: clock.nowMs() } },
        }),
      ),
    ].map(({ kind }) => kind)
    const trail = (await store.history(id)).map(({ version, key }) => [version, key])
    return { kinds, trail, record: await store.get(id) }
  }
  const plain = await walk(false)
  const lost = await walk(true)
  expect(plain.kinds).toEqual(['applied', 'applied', 'applied'])
  expect(lost.kinds).toEqual(['replayed', 'replayed', 'replayed'])
  expect(lost.trail).toEqual(plain.trail)
  expect(lost.record?.version).toBe(4)
})

test('a postponement whose reply was lost has moved the visit once', async () => {
  await using lossy = await openLossy()
  const { base } = createMint(clock)()
  await lossy.store.create(base, { key: 'create' })
  const visit = new Date(clock.nowMs() + 60_000)
  await lossy.store.postpone('nobody', 1, visit)
  const outcome = await lossy.losing(() => lossy.store.postpone(base.challengeId, 1, visit))
  expect(outcome).toMatchObject({ kind: 'lost', record: { version: 2, nextVisitAt: visit } })
})
