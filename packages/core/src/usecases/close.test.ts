import { expect, test } from 'vitest'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'

async function scene() {
  const world = createTestContext()
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  return { world, buyer, challenge, id: challenge.challengeId }
}

test('cancels an unpaid challenge, and again changes nothing', async () => {
  const { world, id } = await scene()
  expect((await world.engine.cancel(id)).state).toBe('CANCELLED')
  const again = await world.engine.cancel(id)
  expect(again).toMatchObject({ state: 'CANCELLED', version: 2 })
})

test('inspecting past the deadline expires, unless a settlement is under way', async () => {
  const { world, buyer, challenge, id } = await scene()
  const other = await buyer.issue(world.engine)
  world.settler.mood = 'withhold'
  await buyer.pay(world.engine, id, buyer.sign(challenge))
  world.clock.advance(other.expiresAt.getTime() - world.clock.nowMs() - 10)
  expect((await world.engine.inspect(other.challengeId)).state).toBe('PENDING')
  world.clock.advance(10)
  expect((await world.engine.inspect(other.challengeId)).state).toBe('EXPIRED')
  expect((await world.engine.inspect(id)).state).toBe('PENDING')
})

test('a challenge with an open settlement cannot be cancelled', async () => {
  const { world, buyer, challenge, id } = await scene()
  world.settler.mood = 'withhold'
  await buyer.pay(world.engine, id, buyer.sign(challenge))
  await expect(world.engine.cancel(id)).rejects.toMatchObject({ code: 'SETTLEMENT_PENDING' })
})

test('a settlement that opens during the cancellation wins', async () => {
  const { world, buyer, challenge, id } = await scene()
  world.settler.mood = 'withhold'
  const { get } = world.store
  const store = {
    ...world.store,
    get: async (asked: string) => {
      const record = await get(asked)
      await buyer.pay(world.engine, id, buyer.sign(challenge))
      return record
    },
  }
  const racing = createTestContext({ world: { ...world, store } })
  await expect(racing.engine.cancel(id)).rejects.toMatchObject({ code: 'SETTLEMENT_PENDING' })
})

test('what is paid, expired or unknown cannot be cancelled', async () => {
  const { world, buyer, challenge, id } = await scene()
  await buyer.pay(world.engine, id, buyer.sign(challenge))
  await expect(world.engine.cancel(id)).rejects.toMatchObject({
    code: 'CHALLENGE_NOT_CANCELLABLE',
    facts: { state: 'DELIVERED' },
  })
  const other = await buyer.issue(world.engine)
  world.clock.advance(900_000)
  await expect(world.engine.cancel(other.challengeId)).rejects.toMatchObject({
    code: 'CHALLENGE_NOT_CANCELLABLE',
  })
  await expect(world.engine.cancel('http-none')).rejects.toMatchObject({
    code: 'CHALLENGE_UNKNOWN',
  })
})
