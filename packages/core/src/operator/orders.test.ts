import { expect, test } from 'vitest'
import { operatorScene, order } from '../../test/operatorScene.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { releaseHeld } from './releaseHeld.ts'
import { retryRefund } from './retryRefund.ts'
import { writeOff } from './writeOff.ts'

test('a failed refund that is retried reaches its payer, and the trail says who pressed', async () => {
  const { ctx, world, sellFailed, pass, read, back } = operatorScene()
  const id = await sellFailed()
  expect(await read(id)).toMatchObject({ state: 'REFUND_FAILED', refundError: 'no gas' })
  const retried = await retryRefund(ctx, id, order)
  expect(retried).toMatchObject({ state: 'PAID' })
  expect(retried.refundError).toBeUndefined()
  expect((await world.store.history(id)).at(-1)).toMatchObject({
    ...{ from: 'REFUND_FAILED', to: 'PAID', ...order },
  })
  await pass()
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
  expect(back()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test.each([
  ['retry', retryRefund, 'REFUND_NOT_FAILED'],
  ['release', releaseHeld, 'NOT_HELD'],
] as const)(
  'a %s of money that is merely owed is refused by name and changes nothing',
  async (_, act, code) => {
    const { ctx, sellUndelivered, read } = operatorScene()
    const id = await sellUndelivered()
    const before = await read(id)
    await expect(act(ctx, id, order)).rejects.toMatchObject({ code })
    expect(await read(id)).toEqual(before)
  },
)

test.each([
  ['retry', retryRefund],
  ['release', releaseHeld],
  ['write-off', writeOff],
] as const)('a %s needs a challenge that exists, a name and a reason', async (_, act) => {
  const { ctx, sellFailed, read } = operatorScene()
  const unknown = act(ctx, 'http-nobody', order)
  await expect(unknown).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' })
  const id = await sellFailed()
  const before = await read(id)
  for (const wrong of [{ actor: ' ' }, { reason: '' }, { reason: 'two\nlines' }])
    await expect(act(ctx, id, { ...order, ...wrong })).rejects.toMatchObject({
      code: 'REQUEST_MALFORMED',
      facts: { field: Object.keys(wrong)[0] },
    })
  expect(await read(id)).toEqual(before)
})

test('an order about a record that moved meanwhile is refused, not carried out', async () => {
  const { ctx, world, sellFailed, read } = operatorScene()
  const id = await sellFailed()
  const stale = await read(id)
  const moving = { ...ctx, store: { ...world.store, get: async () => stale } }
  await retryRefund(ctx, id, order)
  const late = writeOff(moving, id, order)
  await expect(late).rejects.toMatchObject({ code: 'RECORD_CHANGED', facts: { state: 'PAID' } })
})

test('money that was held goes back once it is released, and not before', async () => {
  const { ctx, world, sellUndelivered, hold, pass, read, back } = operatorScene()
  const id = await sellUndelivered()
  await hold(id)
  await pass()
  expect(back()).toEqual([])
  const released = await releaseHeld(ctx, id, order)
  expect(released.releasedAt?.getTime()).toBe(world.clock.nowMs())
  await pass(1_000)
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
  expect(back()).toHaveLength(1)
})

test('a refund that was held on its way goes on from where it stood', async () => {
  const { ctx, world, sellUndelivered, pass, read, back } = operatorScene()
  const id = await sellUndelivered()
  world.payout.next.push('withhold')
  await pass()
  const { refund, version } = await read(id)
  const move = { id, from: 'REFUND_PENDING', to: 'REFUND_PENDING', version, key: 'hold' } as const
  const held = { held: 'x', refund: { ...refund, stage: 'HELD' } } as never
  await world.store.transition({ ...move, fields: held })
  await pass()
  expect(back()).toEqual([])
  expect((await releaseHeld(ctx, id, order)).refund?.stage).toBe('SENT')
  await pass()
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
})

test('what an older deployment claimed is released to a person, never to a worker', async () => {
  const { ctx, world, sellUndelivered, pass, read, back } = operatorScene()
  const id = await sellUndelivered()
  const { version } = await read(id)
  const claim = { id, from: 'PAID', to: 'REFUND_PENDING', version, key: 'old' } as const
  await world.store.transition({ ...claim, fields: {} })
  await pass()
  expect((await read(id)).held).toMatch(/without an intent/)
  expect(await releaseHeld(ctx, id, order)).toMatchObject({ state: 'REFUND_FAILED' })
  await pass()
  expect(back()).toEqual([])
})

test('money that was written off stays with the seller until somebody takes it back', async () => {
  const { ctx, world, sellUndelivered, sellFailed, pass, read, back } = operatorScene()
  const [failed, owed] = [await sellFailed(), await sellUndelivered()]
  const ids = [owed, failed]
  for (const id of ids)
    expect(await writeOff(ctx, id, order)).toMatchObject({
      state: 'PAID',
      held: 'written off by ada@example.com: the buyer wrote to us',
    })
  const again = await writeOff(ctx, owed, { ...order, actor: 'bob' })
  expect(again.held).toContain('by ada')
  await pass(86_400_000)
  await pass()
  expect(back()).toEqual([])
  world.issuer.mood = 'issue'
  await expect(world.engine.deliver(owed)).rejects.toMatchObject({ code: 'CHALLENGE_REFUNDING' })
  for (const id of ids) await releaseHeld(ctx, id, order)
  await pass()
  await pass()
  for (const id of ids) expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
})

test('nobody writes off what was delivered, is being refunded, or may still be', async () => {
  const { ctx, world, sellUndelivered, sellFailed, pass, read } = operatorScene()
  const failed = await sellFailed()
  const under = await sellUndelivered()
  world.payout.next.push('withhold')
  await pass()
  const { version, refund } = await read(failed)
  const signed = { ...refund, signature: '0x11', validBefore: BigInt(world.clock.nowMs()) } as never
  const move = { id: failed, from: 'REFUND_FAILED', to: 'PAID', version, key: 'a' } as const
  await world.store.transition({ ...move, fields: {} })
  const claim = { id: failed, from: 'PAID', to: 'REFUND_PENDING', key: 'b' } as const
  await world.store.transition({ ...claim, fields: { refund: signed } })
  const fail = { id: failed, from: 'REFUND_PENDING', to: 'REFUND_FAILED', key: 'c' } as const
  await world.store.transition({ ...fail, fields: {} })
  world.issuer.mood = 'issue'
  const buyer = createBuyer(world)
  const served = await buyer.issue(world.engine)
  await buyer.pay(world.engine, served.challengeId, buyer.sign(served))
  for (const id of [under, failed, served.challengeId]) {
    const before = await read(id)
    await expect(writeOff(ctx, id, order)).rejects.toMatchObject({ code: 'REFUND_NOT_POSSIBLE' })
    expect(await read(id)).toEqual(before)
  }
})
