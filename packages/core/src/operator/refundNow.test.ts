import { expect, test } from 'vitest'
import { operatorScene, order } from '../../test/operatorScene.ts'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { fakeAddress } from '../testing/fakeHash.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { claimRefund } from '../usecases/claimRefund.ts'
import { findForgery } from '../usecases/examinePayment.ts'
import { refundNow } from './refundNow.ts'
import { stopRefunds } from './refundSwitch.ts'
import { releaseHeld } from './releaseHeld.ts'

const { buyer, seller } = fakeAccounts

test.each([
  ['owed', undefined],
  ['owed', 40_000n],
  ['held', undefined],
  ['held', 40_000n],
  ['failed', undefined],
  ['failed', 40_000n],
] as const)('money that is %s goes back by hand, once: %s of 100000', async (kind, amount) => {
  const { ctx, world, sellFailed, sellUndelivered, hold, pass, read, back } = operatorScene()
  const id = kind === 'failed' ? await sellFailed() : await sellUndelivered()
  if (kind === 'held') await hold(id)
  const value = amount ?? 100_000n
  const named = { ...order, ...(amount !== undefined && { amount }) }
  const { outcome, plan } = await refundNow(ctx, id, named)
  expect(plan).toMatchObject({ from: seller, to: buyer, value, kept: 100_000n - value })
  expect(outcome?.kind).toBe('pending')
  await pass()
  await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUNDED', refund: { value } })
  expect(back()).toMatchObject([{ to: buyer, value }])
  expect(await checkInvariants(world)).toEqual([])
  const claim = (await world.store.history(id)).find(({ to }) => to === 'REFUND_PENDING')
  if (kind !== 'failed') expect(claim).toMatchObject(order)
})

test('a dry run says what would move, from where to whom, what is in the way, and changes nothing', async () => {
  const { ctx, world, sellUndelivered, hold, payByHand, read } = operatorScene()
  const id = await sellUndelivered()
  await hold(id, 'the record names another amount')
  await stopRefunds(ctx, order)
  const hash = payByHand()
  world.payout.outOfGas = true
  const before = await read(id)
  const trail = await world.store.history(id)
  const dry = await refundNow(ctx, id, { actor: '', reason: '', amount: 1n, dryRun: true })
  expect(dry).toEqual({
    plan: {
      challengeId: id,
      chainId: world.chain.chainId,
      token: fakeAccounts.token,
      ...{ from: seller, to: buyer, value: 1n, paid: 100_000n, kept: 99_999n },
      nonce: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      releases: 'the record names another amount',
      obstacles: ['an operator stopped all refunds', 'no gas'],
      warnings: [`it may have been paid by hand: ${hash}`],
    },
  })
  expect(await read(id)).toEqual(before)
  expect(await world.store.history(id)).toEqual(trail)
})

test('a refund that something stands against is refused by name and changes nothing', async () => {
  const { ctx, world, sellUndelivered, read, back } = operatorScene()
  const id = await sellUndelivered()
  const before = await read(id)
  const refuse = async (code: string, change: object = {}) => {
    await expect(refundNow(ctx, id, { ...order, ...change })).rejects.toMatchObject({ code })
    expect(await read(id)).toEqual(before)
  }
  await refuse('REFUND_TOO_LARGE', { amount: 100_001n })
  await refuse('MONEY_INVALID', { amount: 0n })
  await refuse('MONEY_INVALID', { amount: -1n })
  await refuse('REQUEST_MALFORMED', { reason: '' })
  world.payout.outOfGas = true
  await refuse('REFUND_BLOCKED')
  world.payout.outOfGas = false
  world.ledger.reorg(4)
  await refuse('REFUND_BLOCKED')
  world.payout.payees.clear()
  await refuse('SIGNER_MISMATCH')
  world.payout.payees.add(seller)
  await stopRefunds(ctx, order)
  await refuse('REFUNDS_STOPPED')
  expect(back()).toEqual([])
})

test('a store of one network and a chain of another refund nothing, by hand or by themselves', async () => {
  const { ctx, sellUndelivered, read, back } = operatorScene()
  const id = await sellUndelivered()
  const before = await read(id)
  const elsewhere = { ...ctx, chain: { ...ctx.chain, chainId: 8453 } }
  await expect(refundNow(elsewhere, id, order)).rejects.toMatchObject({
    code: 'CHAIN_MISMATCH',
    facts: { expected: '8453', found: `${ctx.chain.chainId}` },
  })
  expect(await claimRefund(elsewhere, before, {})).toMatchObject({ kind: 'skipped' })
  expect(await read(id)).toEqual(before)
  expect(back()).toEqual([])
})

test('nobody who received something is refunded by hand, and nobody twice', async () => {
  const { ctx, world, sellUndelivered, pass, read } = operatorScene()
  const refuse = async (id: string, code: string) => {
    const before = await world.store.get(id)
    await expect(refundNow(ctx, id, order)).rejects.toMatchObject({ code })
    expect(await world.store.get(id)).toEqual(before)
  }
  await refuse('http-nobody', 'CHALLENGE_UNKNOWN')
  const client = createBuyer(world)
  const unpaid = await client.issue(world.engine)
  await refuse(unpaid.challengeId, 'REFUND_NOT_POSSIBLE')
  await client.pay(world.engine, unpaid.challengeId, client.sign(unpaid))
  expect(await read(unpaid.challengeId)).toMatchObject({ state: 'DELIVERED' })
  await refuse(unpaid.challengeId, 'REFUND_NOT_POSSIBLE')
  const id = await sellUndelivered()
  await refundNow(ctx, id, order)
  await refuse(id, 'CHALLENGE_REFUNDING')
  await pass()
  await refuse(id, 'CHALLENGE_REFUNDED')
})

test('while somebody delivers it, it is not refunded by hand', async () => {
  const { ctx, world, sellUndelivered, read } = operatorScene()
  const id = await sellUndelivered()
  const lease = { holder: 'request', untilMs: world.clock.nowMs() + 1_000 }
  const move = { id, from: 'PAID', to: 'PAID', key: 'lease', fields: { lease } } as const
  await world.store.transition(move)
  await expect(refundNow(ctx, id, order)).rejects.toMatchObject({ code: 'DELIVERY_PENDING' })
  expect(await read(id)).toMatchObject({ state: 'PAID' })
})

test('after a crash between its steps no worker pays the whole of a partial refund', async () => {
  for (const kind of ['held', 'failed'] as const)
    for (const writes of [1, 2]) {
      const { ctx, world, sellFailed, sellUndelivered, hold, pass, read, back } = operatorScene()
      const id = kind === 'failed' ? await sellFailed() : await sellUndelivered()
      if (kind === 'held') await hold(id)
      let left = writes
      const transition: typeof world.store.transition = async (move) => {
        left -= 1
        if (left < 0) throw new Error('the process died')
        return await world.store.transition(move)
      }
      const dying = { ...ctx, store: { ...world.store, transition } }
      await refundNow(dying, id, { ...order, amount: 1n }).catch(() => undefined)
      await pass()
      // For as long as it likes: nobody but a person says how much.
      await pass(86_400_000 * 2)
      expect(back().filter(({ value }) => value !== 1n)).toEqual([])
      const { state, held } = await read(id)
      if (state === 'PAID') expect(held).toMatch(/by hand/)
      if (state === 'PAID') await refundNow(ctx, id, { ...order, amount: 1n })
      await pass()
      expect(await read(id)).toMatchObject({ state: 'REFUNDED', refund: { value: 1n } })
    }
})

test('a refund by hand that was not finished goes back whole once a person releases it', async () => {
  const { ctx, world, sellUndelivered, hold, pass, read, back } = operatorScene()
  const id = await sellUndelivered()
  await hold(id)
  let writes = 0
  const transition: typeof world.store.transition = async (move) => {
    writes += 1
    if (writes > 1) throw new Error('the process died')
    return await world.store.transition(move)
  }
  const dying = { ...ctx, store: { ...world.store, transition } }
  await expect(refundNow(dying, id, { ...order, amount: 1n })).rejects.toThrow('died')
  await pass(601_000)
  expect((await read(id)).held).toBe('a refund by hand was not finished')
  expect(back()).toEqual([])
  await releaseHeld(ctx, id, order)
  for (const _ of [1, 2]) await pass()
  expect(await read(id)).toMatchObject({ state: 'REFUNDED' })
  expect(back()).toMatchObject([{ value: 100_000n }])
})

test('another amount waits until what was signed before can no longer be executed', async () => {
  const { ctx, world, sellUndelivered, pass, read } = operatorScene()
  const id = await sellUndelivered()
  await pass()
  const { refund } = await read(id)
  expect(refund?.signature).toBeDefined()
  world.ledger.reorg(4)
  for (const to of ['REFUND_FAILED', 'PAID'] as const) {
    const { state } = await read(id)
    await world.store.transition({ id, from: state, to, key: to, fields: {} })
  }
  const less = { ...order, amount: 1n, dryRun: true }
  const { plan } = await refundNow(ctx, id, less)
  expect(plan.obstacles).toContain('a refund of 100000 was signed already and is unused')
  world.clock.advance(3_700_000)
  world.ledger.mine(3)
  expect((await refundNow(ctx, id, less)).plan.obstacles.join()).not.toContain('signed already')
})

test('only a smaller value that somebody approved passes, to nobody else, and never a larger one', async () => {
  const { ctx, world, sellUndelivered, read } = operatorScene()
  const id = await sellUndelivered()
  await refundNow(ctx, id, { ...order, amount: 40_000n })
  const record = await read(id)
  const refund = record.refund as NonNullable<ChallengeRecord['refund']>
  const paid = {
    paymentRef: refund.paymentRef,
    from: buyer,
    to: seller,
    value: 100_000n,
    txHash: record.txHash as `0x${string}`,
    block: world.ledger.head(),
  }
  const judge = (change: object) => findForgery(ctx, record, { ...refund, ...change }, paid)
  expect(judge({})).toBeUndefined()
  const forged = 'its refund is not the one its payment asks for'
  const by = 'ada'
  expect(judge({ value: 40_001n })).toBe(forged)
  expect(judge({ value: 39_999n })).toBe(forged)
  expect(judge({ approved: undefined })).toBe(forged)
  expect(judge({ to: fakeAddress('thief') })).toBe(forged)
  expect(judge({ value: 100_001n, approved: { by, value: 100_001n } })).toBe(forged)
  expect(judge({ value: 100_000n, approved: { by, value: 100_000n } })).toBe(forged)
  expect(judge({ value: 0n, approved: { by, value: 0n } })).toBe(forged)
  expect(judge({ value: 100_000n, approved: undefined })).toBeUndefined()
})
