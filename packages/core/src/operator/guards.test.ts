import { expect, test } from 'vitest'
import { operatorScene, order } from '../../test/operatorScene.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { recover } from '../usecases/recover.ts'
import { createRefundBudget, type RefundCaps } from './createRefundBudget.ts'
import { refundNow } from './refundNow.ts'
import { areRefundsStopped, readRefundSwitch, startRefunds, stopRefunds } from './refundSwitch.ts'
import { releaseHeld } from './releaseHeld.ts'
import { retryRefund } from './retryRefund.ts'

test('the switch keeps who pressed it and why, and pressing it twice changes nothing', async () => {
  const { ctx, events } = operatorScene()
  expect(await readRefundSwitch(ctx)).toEqual({ isStopped: false })
  const stopped = { isStopped: true, by: order.actor, reason: order.reason, at: expect.any(Date) }
  expect(await stopRefunds(ctx, order)).toEqual(stopped)
  expect(await stopRefunds(ctx, { actor: 'bob', reason: 'me too' })).toEqual(stopped)
  expect(await areRefundsStopped(ctx)).toBe(true)
  expect(await startRefunds(ctx, { actor: 'bob', reason: 'looked' })).toMatchObject({
    ...{ isStopped: false, by: 'bob' },
  })
  expect(await areRefundsStopped(ctx)).toBe(false)
  const told = events.flatMap((event) => (event.name === 'alert' ? [event.what] : []))
  expect(told).toEqual([
    `refunds were stopped by ${order.actor}: ${order.reason}`,
    'refunds were started by bob: looked',
  ])
  const nameless = stopRefunds(ctx, { ...order, actor: '' })
  await expect(nameless).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' })
})

test('a payer who was paid by hand is not paid again, until somebody has looked', async () => {
  const { ctx, world, sellUndelivered, payByHand, pass, read, back } = operatorScene()
  world.ledger.fund(fakeAccounts.seller, 100_000n)
  const id = await sellUndelivered()
  const hash = payByHand()
  await pass()
  expect(await read(id)).toMatchObject({
    ...{ state: 'PAID', held: `it may have been paid by hand: ${hash}` },
  })
  expect(back()).toHaveLength(1)
  await releaseHeld(ctx, id, order)
  await pass(1_000)
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
})

test('a person who paid a failed refund by hand and then presses retry does not pay it twice', async () => {
  const { ctx, world, sellFailed, payByHand, pass, read, back } = operatorScene()
  world.ledger.fund(fakeAccounts.seller, 100_000n)
  const id = await sellFailed()
  const hash = payByHand()
  await retryRefund(ctx, id, order)
  await pass()
  await pass()
  expect((await read(id)).held).toBe(`it may have been paid by hand: ${hash}`)
  expect(back()).toHaveLength(1)
})

test('the refunds of one pass share a look at what left the wallet, and the next pass looks again', async () => {
  const { world, chain, sellUndelivered, payByHand, pass, read } = operatorScene()
  world.ledger.fund(fakeAccounts.seller, 100_000n)
  const { transfers } = chain
  let asked = 0
  Object.assign(chain, {
    transfers: async (query: Parameters<typeof transfers>[0]) => {
      asked += query.from ? 1 : 0
      return await transfers(query)
    },
  })
  const ids: string[] = []
  for (let sold = 0; sold < 3; sold += 1) {
    ids.push(await sellUndelivered())
    world.clock.advance(1_000)
  }
  await pass()
  expect(asked).toBe(1)
  ids.push(await sellUndelivered())
  payByHand()
  await pass()
  expect(asked).toBe(2)
  const held = (await Promise.all(ids.map(read))).map((record) => record.held !== undefined)
  expect(held).toEqual([false, false, false, true])
})

test('what left the wallet by hand before the payment, or to somebody else, holds nothing', async () => {
  const { sellUndelivered, payByHand, pass, read, world } = operatorScene()
  world.ledger.fund(fakeAccounts.seller, 1_000_000n)
  payByHand()
  const id = await sellUndelivered()
  payByHand(100_000n, fakeAccounts.stranger)
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUND_PENDING' })
})

test('a payer of many payments gets each of them back: our own refunds hold nothing', async () => {
  const { sellUndelivered, pass, read, world } = operatorScene()
  const ids = [await sellUndelivered(), await sellUndelivered()]
  await pass()
  ids.push(await sellUndelivered())
  await pass()
  await pass()
  for (const id of ids) expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
  expect(await checkInvariants(world)).toEqual([])
})

test('while the chain cannot be asked what left the wallet, nothing is held and nothing is sent', async () => {
  const { ctx, sellUndelivered, pass, read, chain, back } = operatorScene()
  const id = await sellUndelivered()
  const { transfers } = chain
  Object.assign(chain, {
    transfers: async () => {
      chain.unreachable = true
      return await chain.head().then(() => [])
    },
  })
  await pass()
  chain.unreachable = false
  expect(await read(id)).toMatchObject({ state: 'PAID' })
  expect((await read(id)).held).toBeUndefined()
  expect(back()).toEqual([])
  Object.assign(chain, { transfers })
  await pass()
  expect((await read(id)).state).toBe('REFUND_PENDING')
  expect(ctx.stopped).toBeUndefined()
})

test('a refund that was claimed when refunds were stopped is followed, and neither signed nor sent', async () => {
  const { ctx, sellUndelivered, pass, read, payout, back } = operatorScene()
  const id = await sellUndelivered()
  payout.outOfGas = true
  await pass()
  payout.outOfGas = false
  Object.assign(ctx, { stopped: true })
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUND_PENDING' })
  expect(back()).toEqual([])
  Object.assign(ctx, { stopped: false })
  await pass()
  expect(back()).toHaveLength(1)
  Object.assign(ctx, { stopped: true })
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
})

/** Budgets of several workers on one store, and of one that was restarted. */
function budgets(caps: RefundCaps) {
  const scene = operatorScene()
  const { store, clock, newId, chain } = scene
  const { token } = fakeAccounts
  const open = () =>
    createRefundBudget({ ...{ store, clock, newId, token, caps }, chainId: chain.chainId })
  return { ...scene, open }
}

test('four workers together never take more than the caps, and a restart forgets nothing', async () => {
  const { open } = budgets({ hour: { count: 5 }, day: { value: 700n } })
  const workers = [open(), open(), open(), open()]
  const asked = Array.from({ length: 20 }, (_, index) =>
    workers[index % 4]?.take({ key: `payment ${index}`, value: 100n }),
  )
  const answers = await Promise.all(asked)
  expect(answers.filter((answer) => answer?.kind === 'taken')).toHaveLength(5)
  expect(answers.find((answer) => answer?.kind === 'refused')).toEqual({
    ...{ kind: 'refused', reason: 'the refund cap of this hour is reached' },
  })
  const reborn = await open().take({ key: 'another', value: 100n })
  expect(reborn).toMatchObject({ kind: 'refused' })
})

test('the hour’s cap ends with the hour, the day’s with the day, and a sum counts to its last unit', async () => {
  const { open, clock } = budgets({ hour: { value: 300n }, day: { value: 500n } })
  const budget = open()
  const take = async (key: string, value: bigint, by = budget) =>
    (await by.take({ key, value })).kind
  expect(await take('a', 300n)).toBe('taken')
  expect(await take('b', 1n)).toBe('refused')
  clock.advance(3_600_000)
  expect(await take('b', 200n)).toBe('taken')
  expect(await take('c', 1n)).toBe('refused')
  expect(await take('c', 1n, open())).toBe('refused')
  clock.advance(86_400_000)
  expect(await take('c', 300n)).toBe('taken')
})

test('a refund that asks again is counted once, by whichever worker', async () => {
  const { open } = budgets({ hour: { count: 1 } })
  const [one, other] = [open(), open()]
  const refund = { key: 'payment', value: 1n }
  for (const budget of [one, other, one, open()])
    expect(await budget.take(refund)).toEqual({ kind: 'taken' })
  expect(await other.take({ key: 'next', value: 1n })).toMatchObject({ kind: 'refused' })
})

test('a refund beyond the cap is held with an alert, and goes out once released in a later hour', async () => {
  const { open, ctx, sellUndelivered, pass, read, events } = budgets({ hour: { count: 1 } })
  Object.assign(ctx, { budget: open() })
  const ids = [await sellUndelivered(), await sellUndelivered()]
  await pass()
  const [paid, late] = await Promise.all(ids.map(read))
  expect([paid?.state, late?.state].toSorted()).toEqual(['PAID', 'REFUND_PENDING'])
  const waiting = [paid, late].find((record) => record?.state === 'PAID')
  expect(waiting?.held).toBe('the refund cap of this hour is reached')
  const what = 'a refund is held: the refund cap of this hour is reached'
  expect(events).toContainEqual({ name: 'alert', what, challengeId: waiting?.challengeId })
  const id = waiting?.challengeId ?? ''
  await releaseHeld(ctx, id, order)
  await pass(3_600_000)
  await pass()
  expect((await read(id)).state).toBe('REFUNDED')
})

test('a payer of more than a cap ever lets go is told to a person, who returns it by hand', async () => {
  const { open, ctx, sellUndelivered, pass, read, events } = budgets({ day: { value: 99_999n } })
  Object.assign(ctx, { budget: open() })
  const id = await sellUndelivered()
  await pass()
  const why = 'the refund cap of this day is smaller than it: return it by hand'
  expect((await read(id)).held).toBe(why)
  expect(events).toContainEqual({
    ...{ name: 'alert', what: `a refund is held: ${why}`, challengeId: id },
  })
  await releaseHeld(ctx, id, order)
  await pass(86_400_000)
  expect((await read(id)).held).toBe(why)
  await refundNow(ctx, id, order)
  await pass()
  await pass()
  expect((await read(id)).state).toBe('REFUNDED')
})

test('a payer who was paid by hand while the cap held his refund is not paid again by its release', async () => {
  const { open, ctx, world, sellUndelivered, payByHand, pass, read, back } = budgets({
    hour: { count: 0 },
  })
  world.ledger.fund(fakeAccounts.seller, 100_000n)
  const id = await sellUndelivered()
  Object.assign(ctx, { budget: open() })
  await pass()
  expect((await read(id)).held).toBe('the refund cap of this hour is reached')
  const hash = payByHand()
  world.clock.advance(60_000)
  await releaseHeld(ctx, id, order)
  Object.assign(ctx, { budget: undefined })
  await pass()
  await pass()
  expect((await read(id)).held).toBe(`it may have been paid by hand: ${hash}`)
  expect(back()).toHaveLength(1)
})

test('notes are nothing a buyer can find or pay, and they end by themselves', async () => {
  const { open, clock, world, ctx } = budgets({ hour: { count: 1 } })
  await open().take({ key: 'payment', value: 1n })
  const [note] = await world.store.due(new Date(8.64e15), 10, 'PENDING')
  expect(note).toMatchObject({ scope: 'operator', planId: 'note' })
  const buyer = createBuyer(world)
  const named = buyer.issue(world.engine, note?.requestId)
  await expect(named).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' })
  clock.advance(3 * 86_400_000)
  await recover(world.ctx, { limit: 10 })
  expect((await ctx.store.get(note?.challengeId ?? ''))?.state).toBe('EXPIRED')
  // Sellers count expired challenges, and notes are none.
  expect(world.events.map(({ name }) => name)).not.toContain('challenge.closed')
})
