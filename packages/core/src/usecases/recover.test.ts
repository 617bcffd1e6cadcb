import { expect, test } from 'vitest'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { settleDown } from '../testing/settleDown.ts'
import { recover } from './recover.ts'

async function scene() {
  const world = createTestContext()
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  const read = async () => (await world.store.get(challengeId)) as ChallengeRecord
  const turn = async (ms = 60_000) => {
    world.clock.advance(ms)
    await recover(world.ctx, { limit: 10 })
    return read()
  }
  const pay = async () => buyer.pay(world.engine, challengeId, buyer.sign(challenge))
  const alerts = () => world.events.filter(({ name }) => name === 'alert')
  return { world, buyer, challenge, challengeId, read, turn, pay, alerts }
}

test('expires what is past its deadline, and says how much it moved', async () => {
  const { world, read } = await scene()
  expect(await recover(world.ctx, { limit: 10 })).toEqual({ visited: 0, moved: 0 })
  world.clock.advance(900_000)
  expect(await recover(world.ctx, { limit: 10 })).toEqual({ visited: 1, moved: 1 })
  expect((await read()).state).toBe('EXPIRED')
})

test('a stored grant that was never called delivered is delivered, not refunded', async () => {
  const { world, read, turn, pay } = await scene()
  world.issuer.mood = 'fail'
  await pay()
  const { challengeId: id, version, requestId, resourceId, planId, txHash } = await read()
  const grant = { type: 'AccessGrant', accessToken: 'token-0', tokenType: 'Bearer' } as const
  const accessGrant = {
    ...grant,
    challengeId: id,
    requestId,
    resourceId,
    planId,
    txHash: txHash ?? '0x',
  }
  const move = { id, from: 'PAID', to: 'PAID', version, key: 'older version' } as const
  await world.store.transition({ ...move, fields: { accessGrant } })
  expect(await turn()).toMatchObject({ state: 'DELIVERED', deliveredAt: expect.any(Date) })
  expect(await pay()).toMatchObject({ delivered: { grant: { accessToken: 'token-0' } } })
})

test('a final payment is noted as final and leaves the list', async () => {
  const { world, read, turn, pay } = await scene()
  await pay()
  expect((await read()).paymentFinal).toBe(false)
  world.ledger.mine(3)
  expect((await turn()).paymentFinal).toBe(true)
  expect(await world.store.due(new Date(world.clock.nowMs() + 1e9), 10)).toEqual([])
})

test('a delivered payment that a reorganisation dropped is submitted again', async () => {
  const { world, turn, pay, alerts } = await scene()
  await pay()
  world.ledger.reorg(1)
  await turn()
  expect(alerts()).toHaveLength(1)
  expect(world.ledger.transfers()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('an undelivered payment that is gone for good is unpaid again and can be paid', async () => {
  const { world, challenge, buyer, challengeId, turn, pay, alerts } = await scene()
  world.issuer.next.push('fail')
  await pay()
  world.ledger.reorg(1)
  world.clock.advance(601_000)
  world.ledger.mine(4)
  expect(await turn(1_000)).toMatchObject({ state: 'PENDING', intent: { stage: 'VOID' } })
  expect(alerts()).toHaveLength(1)
  const again = await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
  expect(codeOf(again)).toBe('DELIVERED')
  expect(await checkInvariants(world)).toEqual([])
})

test('a delivered payment that is gone for good is a loss that somebody hears of', async () => {
  const { world, turn, pay, alerts } = await scene()
  await pay()
  world.ledger.reorg(1)
  world.clock.advance(601_000)
  world.ledger.mine(4)
  expect(await turn()).toMatchObject({ state: 'DELIVERED', paymentFinal: false })
  expect(alerts()).toHaveLength(1)
})

test('a buyer whose authorization died and who then paid by transfer keeps what they paid for', async () => {
  const { world, buyer, challengeId, read, turn, pay } = await scene()
  world.settler.mood = 'withhold'
  await pay()
  world.clock.advance(601_000)
  world.ledger.mine(4)
  await turn(1_000)
  expect((await read()).intent?.stage).toBe('VOID')
  world.issuer.next.push('fail')
  const txHash = buyer.transfer(100_000n)
  expect(codeOf(await buyer.prove(world.engine, challengeId, txHash))).toBe('DELIVERY_FAILED')
  expect(await turn()).toMatchObject({ state: 'PAID', paymentFinal: false })
  world.ledger.mine(3)
  expect(await turn()).toMatchObject({ state: 'PAID', paymentFinal: true })
})

test('a transfer is not called final before its block is', async () => {
  const { world, buyer, challengeId, turn } = await scene()
  await buyer.prove(world.engine, challengeId, buyer.transfer(100_000n))
  expect(await turn()).toMatchObject({ state: 'DELIVERED', paymentFinal: false })
  world.ledger.mine(3)
  expect(await turn()).toMatchObject({ state: 'DELIVERED', paymentFinal: true })
})

test('an undelivered transfer that a reorganisation dropped is held once its time is over', async () => {
  const { world, buyer, challengeId, turn } = await scene()
  world.issuer.mood = 'fail'
  await buyer.prove(world.engine, challengeId, buyer.transfer(100_000n))
  world.ledger.reorg(1)
  expect(await turn()).toMatchObject({ state: 'PAID' })
  expect(await turn(900_000)).toMatchObject({ held: 'its transfer was reorganised away' })
})

test('one record that cannot be advanced does not stop the others', async () => {
  const { world, buyer, pay } = await scene()
  world.settler.mood = 'fail-after-journal'
  await pay()
  const other = await buyer.issue(world.engine)
  world.chain.observe = () => Promise.reject(new Error('boom'))
  world.clock.advance(900_000)
  expect(await recover(world.ctx, { limit: 10 })).toEqual({ visited: 2, moved: 1 })
  expect(await world.store.get(other.challengeId)).toMatchObject({ state: 'EXPIRED' })
})

test('ten gateways recovering at once submit no more than the chain executes', async () => {
  const { world, pay } = await scene()
  world.settler.next.push('withhold')
  await pay()
  world.clock.advance(30_000)
  const workers = Array.from({ length: 10 }, () => startProcess(world))
  await Promise.all(workers.map(({ ctx }) => recover(ctx, { limit: 10 })))
  expect(world.ledger.transfers()).toHaveLength(1)
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(await checkInvariants(world)).toEqual([])
})
