import { expect, test } from 'vitest'
import type { ChallengeFields, ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { fakeAddress, fakeHash } from '../testing/fakeHash.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { isSettled, refundPass, settleDown } from '../testing/settleDown.ts'
import { claimRefund } from './claimRefund.ts'
import { continueRefund } from './continueRefund.ts'
import { recover } from './recover.ts'

const DAY_MS = 86_400_000

/** A challenge that was paid, whose delivery failed, and that is old enough to go back. */
async function scene(how: 'authorization' | 'transfer' = 'authorization') {
  const world = createTestContext()
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  world.issuer.mood = 'fail'
  if (how === 'authorization') await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
  else await buyer.prove(world.engine, challengeId, buyer.transfer(challenge.amountRaw))
  const read = async () => (await world.store.get(challengeId)) as ChallengeRecord
  const pass = async (ms = 120_000, blocks = 3) => {
    world.clock.advance(ms)
    world.ledger.mine(blocks)
    await refundPass(world.refunds)
    return read()
  }
  const retry = async () => {
    const { version } = await read()
    const move = { id: challengeId, from: 'REFUND_FAILED', to: 'PAID', version } as const
    await world.store.transition({ ...move, key: world.newId(), actor: 'ada', fields: {} })
  }
  /** Changes the stored record as somebody with the database's password could. */
  const tamper = (fields: Partial<ChallengeRecord>) => {
    const { get } = world.store
    Object.assign(world.store, {
      get: async (id: string) => {
        const record = await get(id)
        return record && { ...record, ...fields }
      },
    })
    return read()
  }
  const back = () => world.ledger.transfers().filter(({ from }) => from === fakeAccounts.seller)
  return { world, buyer, challengeId, read, pass, retry, tamper, back }
}

test.each(['authorization', 'transfer'] as const)(
  'an undelivered payment by %s goes back to its payer, once and whole',
  async (how) => {
    const { world, buyer, pass, back } = await scene(how)
    expect(await pass(240_000)).toMatchObject({ state: 'PAID' })
    expect(await pass(61_000)).toMatchObject({ state: 'REFUND_PENDING' })
    expect(await pass()).toMatchObject({
      state: 'REFUNDED',
      refundTxHash: back()[0]?.txHash,
      refund: { stage: 'FINAL', to: buyer.account, value: 100_000n, attempts: 1 },
    })
    expect(world.ledger.balanceOf(buyer.account)).toBe(1_000_000n)
    expect(await checkInvariants(world)).toEqual([])
  },
)

test('while recovery runs every moment, the refund worker still gets its turn', async () => {
  const { world, read } = await scene()
  for (let minute = 0; minute < 30; minute += 1) {
    world.clock.advance(60_000)
    world.ledger.mine(3)
    await recover(world.ctx, { limit: 10 })
    await refundPass(world.refunds)
  }
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
})

test('a crowd of refunds does not keep recovery from an open payment', async () => {
  const { world, buyer, pass } = await scene()
  world.payout.outOfGas = true
  await pass(301_000)
  world.clock.advance(1_000)
  const challenge = await buyer.issue(world.engine)
  world.settler.next.push('withhold')
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  world.clock.advance(30_000)
  await recover(world.ctx, { limit: 1 })
  expect(await world.store.get(challenge.challengeId)).toMatchObject({ state: 'PAID' })
})

test.each([
  'unknown',
  'lose-reply',
  'withhold',
  'fail-before-journal',
  'fail-after-journal',
  'refuse',
] as const)('a carrier that answers "%s" costs time, never a second transfer', async (mood) => {
  const { world, back } = await scene()
  world.payout.next.push(mood, mood)
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(back()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('many workers at once make one refund', async () => {
  const { world, back, read } = await scene()
  world.clock.advance(301_000)
  world.ledger.mine(3)
  const workers = Array.from({ length: 20 }, () => startProcess(world))
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(workers.map(({ refunds }) => refundPass(refunds)))
    world.clock.advance(61_000)
    world.ledger.mine(3)
  }
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
  expect(back()).toHaveLength(1)
})

test('an operator’s retry keeps the nonce: pressing it after the money left pays nothing more', async () => {
  const { world, pass, retry, back } = await scene()
  world.ledger.blacklist.add(fakeAccounts.buyer)
  const failed = await pass(301_000)
  expect(failed).toMatchObject({ state: 'REFUND_FAILED', refundError: 'the payer is blocked' })
  await retry()
  world.ledger.blacklist.clear()
  const pending = await pass()
  expect(pending.refund?.nonce).toBe(failed.refund?.nonce)
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  expect(back()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('a retried challenge is never delivered any more', async () => {
  const { world, buyer, challengeId, pass, retry, read } = await scene()
  world.ledger.blacklist.add(fakeAccounts.buyer)
  await pass(301_000)
  await retry()
  world.issuer.mood = 'issue'
  const record = await read()
  const answer = await buyer.pay(world.engine, challengeId, buyer.sign(record))
  expect(answer).toMatchObject({ code: 'CHALLENGE_REFUNDING' })
  expect([...world.issuer.asked.values()]).toEqual([1])
  const { planId, clientAgentId, requestId } = record
  const asked = world.engine.issue({ planId, clientAgentId, requestId })
  await expect(asked).rejects.toMatchObject({ code: 'CHALLENGE_REFUNDING' })
})

test('a retried refund whose payment is gone for good is held, not paid and not offered again', async () => {
  const { world, pass, retry, back } = await scene()
  world.ledger.blacklist.add(fakeAccounts.buyer)
  await pass(301_000)
  await retry()
  world.ledger.reorg(9)
  world.clock.advance(601_000)
  world.ledger.mine(4)
  await recover(world.ctx, { limit: 10 })
  expect(await pass()).toMatchObject({ state: 'PAID', held: expect.any(String) })
  expect(back()).toEqual([])
})

test('a refund that was just sent is not sent again before its time', async () => {
  const { world, pass } = await scene()
  world.payout.next.push('withhold')
  await pass(301_000)
  await pass(30_000)
  expect(world.payout.calls).toBe(1)
  await pass(31_000)
  expect(world.payout.calls).toBe(2)
})

test('while a carrier may still execute the refund, no obstacle makes it fail', async () => {
  const { world, pass, back } = await scene()
  world.payout.next.push('withhold')
  const { refund } = await pass(301_000)
  world.ledger.blacklist.add(fakeAccounts.buyer)
  expect(await pass(61_000)).toMatchObject({
    state: 'REFUND_PENDING',
    refund: { stage: 'BLOCKED' },
  })
  world.ledger.blacklist.clear()
  world.ledger.broadcast(refund?.carriers[0]?.txHash ?? '0x')
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  expect(back()).toHaveLength(1)
})

test('a delivery that begins between the worker’s look and its claim goes first', async () => {
  const { world, buyer, challengeId, read } = await scene()
  const looked = await read()
  world.clock.advance(301_000)
  world.ledger.mine(3)
  world.issuer.mood = 'issue'
  world.issuer.meanwhile = async () => {
    expect(await claimRefund(world.refunds, looked, {})).toMatchObject({ kind: 'skipped' })
  }
  const answer = await buyer.pay(world.engine, challengeId, buyer.sign(looked))
  expect(answer.kind).toBe('delivered')
})

test('a buyer who asks again and again for what fails is not kept from its money by that', async () => {
  const { world, buyer, challengeId, read } = await scene()
  const looked = await read()
  // Faster than the chain tells the worker about the payment.
  const again = async () => {
    const answer = await buyer.pay(world.engine, challengeId, buyer.sign(looked))
    expect(answer).toMatchObject({ kind: 'refused', code: 'DELIVERY_FAILED' })
  }
  const { chain } = world.refunds
  const observe: typeof chain.observe = async (query) => {
    await again()
    return await chain.observe(query)
  }
  const refunds = { ...world.refunds, chain: { ...chain, observe } }
  world.clock.advance(301_000)
  world.ledger.mine(3)
  expect(await claimRefund(refunds, await read(), {})).toMatchObject({ kind: 'claimed' })
})

test('a retry after a day gets its whole time again, not one moment', async () => {
  const { world, pass, retry } = await scene()
  world.payout.outOfGas = true
  await pass(301_000)
  expect(await pass(DAY_MS + 1_000)).toMatchObject({
    state: 'REFUND_FAILED',
    refundError: 'no gas',
  })
  await retry()
  expect(await pass()).toMatchObject({ state: 'REFUND_PENDING' })
  world.payout.outOfGas = false
  await pass()
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
})

test.each<[string, (world: World) => unknown]>([
  ['the token is paused', ({ ledger }: World) => Object.assign(ledger, { paused: true })],
  ['no gas', ({ payout }: World) => Object.assign(payout, { outOfGas: true })],
  ['no balance', ({ ledger }: World) => ledger.fund(fakeAccounts.seller, -100_000n)],
])(
  'while there is "%s" the refund waits and says why; after a day a person is asked',
  async (reason, cause) => {
    const { world, pass, back } = await scene()
    cause(world)
    expect(await pass(301_000)).toMatchObject({
      state: 'REFUND_PENDING',
      refund: { stage: 'BLOCKED', blockedReason: reason },
    })
    expect(await pass(DAY_MS + 1_000)).toMatchObject({
      state: 'REFUND_FAILED',
      refundError: reason,
    })
    expect(back()).toEqual([])
  },
)

type World = Awaited<ReturnType<typeof scene>>['world']

test('a pause that passes lets the refund go on', async () => {
  const { world, pass } = await scene()
  world.ledger.paused = true
  await pass(301_000)
  world.ledger.paused = false
  await pass()
  const done = await pass()
  expect(done).toMatchObject({ state: 'REFUNDED' })
  expect(done.refund).not.toHaveProperty('blockedReason')
})

test('a signer that refuses leaves the refund to a person', async () => {
  const { world, pass } = await scene()
  world.payout.refusesToSign = true
  expect(await pass(301_000)).toMatchObject({
    state: 'REFUND_FAILED',
    refundError: 'the signer refused',
  })
})

test('a refund that expired in the pool is signed anew, and the stale bytes never go out again', async () => {
  const { world, pass, back } = await scene()
  world.payout.next.push('withhold')
  const first = await pass(301_000)
  expect(first.refund?.carriers).toHaveLength(1)
  await pass(3_700_000)
  const done = await pass()
  expect(done).toMatchObject({ state: 'REFUNDED', refund: { nonce: first.refund?.nonce } })
  expect(done.refund?.signature).not.toBe(first.refund?.signature)
  expect(back()).toHaveLength(1)
})

test('a refund cancelled on chain is for a person, and no retry can pay it again', async () => {
  const { world, pass, retry, back } = await scene()
  world.payout.next.push('withhold')
  const { refund } = await pass(301_000)
  const call = { kind: 'cancel', from: fakeAccounts.seller, nonce: refund?.nonce ?? '0x' } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'seller').hash)
  expect(await pass()).toMatchObject({
    state: 'REFUND_FAILED',
    refundError: 'the refund was cancelled on chain',
  })
  await retry()
  await pass()
  expect(await pass()).toMatchObject({ state: 'REFUND_FAILED' })
  expect(back()).toEqual([])
})

test('a payment that is not final yet is not returned', async () => {
  const { world, read } = await scene()
  world.clock.advance(301_000)
  await refundPass(world.refunds)
  expect(await read()).toMatchObject({ state: 'PAID' })
  expect(await claimRefund(world.refunds, await read(), {})).toMatchObject({ kind: 'skipped' })
})

test('a refund that a reorganisation dropped is sent again and paid once', async () => {
  const { world, pass, back } = await scene()
  await pass(301_000)
  world.ledger.mine()
  expect(await pass(1_000, 0)).toMatchObject({ refund: { stage: 'MINED' } })
  world.ledger.reorg(2)
  expect(back()).toEqual([])
  expect(await pass(61_000, 0)).toMatchObject({ state: 'REFUND_PENDING' })
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  expect(back()).toHaveLength(1)
})

test('a payment that a reorganisation dropped is resubmitted before anything goes back', async () => {
  const { world, back } = await scene()
  world.ledger.reorg(1)
  world.clock.advance(301_000)
  await refundPass(world.refunds)
  expect(back()).toEqual([])
  expect(await settleDown(world, () => startProcess(world))).toEqual([])
  expect(world.ledger.balanceOf(fakeAccounts.buyer)).toBe(1_000_000n)
  expect(await checkInvariants(world)).toEqual([])
})

const elsewhere = fakeAddress('thief')

test.each<[string, Partial<ChallengeRecord>]>([
  ['payer', { fromAddress: elsewhere }],
  ['amount', { amountRaw: 900_000n }],
  ['payee', { destination: elsewhere }],
  ['payment', { paymentRef: 'auth:1:0x:0x:0x' as ChallengeRecord['paymentRef'] & string }],
])('a tampered %s holds the refund and moves no money', async (_, fields) => {
  const { world, challengeId, tamper, back } = await scene()
  world.payout.payees.add(elsewhere)
  world.clock.advance(301_000)
  world.ledger.mine(3)
  expect(await claimRefund(world.refunds, await tamper(fields), {})).toMatchObject({
    kind: 'skipped',
    reason: expect.stringContaining('held'),
  })
  expect(await world.store.get(challengeId)).toMatchObject({
    state: 'PAID',
    held: expect.any(String),
  })
  expect(world.events).toContainEqual(expect.objectContaining({ name: 'alert', challengeId }))
  expect(back()).toEqual([])
})

test('a record that names somebody else’s real payment cannot be refunded with it', async () => {
  const { world, buyer, tamper } = await scene()
  const other = await buyer.issue(world.engine)
  world.issuer.mood = 'issue'
  await buyer.pay(world.engine, other.challengeId, buyer.sign(other))
  const theirs = await world.store.get(other.challengeId)
  world.clock.advance(301_000)
  world.ledger.mine(3)
  const { intent, paymentRef, txHash } = theirs as ChallengeRecord
  const forged = await tamper({ intent, paymentRef, txHash } as ChallengeFields)
  expect(await claimRefund(world.refunds, forged, {})).toMatchObject({
    kind: 'skipped',
    reason: 'held: the payment bought another challenge',
  })
})

test.each([
  ['payee', { to: elsewhere }],
  ['value', { value: 900_000n }],
  ['nonce', { nonce: fakeHash('another') }],
  ['wallet', { from: elsewhere }],
] as const)('a tampered %s of a claimed refund is held before it is signed', async (_, part) => {
  const { world, read, tamper, back } = await scene()
  world.payout.payees.add(elsewhere)
  world.ledger.fund(fakeAccounts.seller, 900_000n)
  world.ledger.fund(elsewhere, 900_000n)
  world.clock.advance(301_000)
  world.ledger.mine(3)
  await claimRefund(world.refunds, await read(), {})
  const { refund } = await read()
  const forged = await tamper({ refund: { ...(refund as NonNullable<typeof refund>), ...part } })
  expect(await continueRefund(world.refunds, forged)).toMatchObject({
    kind: 'pending',
    reason: expect.stringContaining('held'),
  })
  expect(world.payout.calls).toBe(0)
  expect(back()).toEqual([])
})

test('REFUND_PENDING without an intent of ours is held: somebody may have paid it by hand', async () => {
  const { world, challengeId, read, back } = await scene()
  const { version } = await read()
  const move = { id: challengeId, from: 'PAID', to: 'REFUND_PENDING', version } as const
  await world.store.transition({ ...move, key: 'by hand' })
  for (const _ of [1, 2])
    expect(await continueRefund(world.refunds, await read())).toMatchObject({ kind: 'pending' })
  expect(await read()).toMatchObject({ state: 'REFUND_PENDING', held: expect.any(String) })
  expect(world.events.filter(({ name }) => name === 'alert')).toHaveLength(1)
  expect(back()).toEqual([])
})

test('a refund that an operator holds stays, and chain evidence releases it', async () => {
  const { world, challengeId, read, pass, back } = await scene()
  world.payout.next.push('withhold')
  const { version, refund } = await pass(301_000)
  const move = { id: challengeId, from: 'REFUND_PENDING', to: 'REFUND_PENDING', version } as const
  await world.store.transition({ ...move, key: 'hold', fields: { held: 'the cap was reached' } })
  await pass()
  expect(world.payout.calls).toBe(1)
  expect(back()).toEqual([])
  world.ledger.broadcast(refund?.carriers[0]?.txHash ?? '0x')
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  expect(await read()).not.toHaveProperty('held')
})

test('a refund whose nonce moved money elsewhere stops the wallet', async () => {
  const { world, buyer, pass, read } = await scene()
  world.payout.next.push('withhold')
  const { refund } = await pass(301_000)
  const record = await read()
  const other = buyer.sign(record, {
    from: fakeAccounts.seller,
    to: elsewhere,
    nonce: refund?.nonce ?? '0x',
  })
  const call = { kind: 'authorized', authorization: other } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'rogue').hash)
  expect(await pass()).toMatchObject({ refund: { stage: 'HELD' }, held: expect.any(String) })
  expect(isSettled(await read())).toBe(true)
})

test('a worker of another chain never touches the refund', async () => {
  const { world, read, back } = await scene()
  world.clock.advance(301_000)
  world.ledger.mine(3)
  const foreign = { ...world.refunds, chain: { ...world.chain, chainId: 8_453 } }
  expect(await claimRefund(foreign, await read(), {})).toMatchObject({ kind: 'skipped' })
  await claimRefund(world.refunds, await read(), {})
  expect(await continueRefund(foreign, await read())).toMatchObject({ kind: 'pending' })
  expect(back()).toEqual([])
})

test('a worker without the payee’s key leaves a claimed refund to one that has it', async () => {
  const { world, read, pass } = await scene()
  world.clock.advance(301_000)
  world.ledger.mine(3)
  await claimRefund(world.refunds, await read(), {})
  world.payout.payees.clear()
  expect(await claimRefund(world.refunds, await read(), {})).toMatchObject({ kind: 'skipped' })
  expect(await pass()).toMatchObject({ state: 'REFUND_PENDING' })
  world.payout.payees.add(fakeAccounts.seller)
  await pass()
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
})

test('an unreachable chain leaves the refund pending for as long as it lasts', async () => {
  const { world, read, pass } = await scene()
  world.payout.next.push('withhold')
  await pass(301_000)
  world.chain.unreachable = true
  await pass(2 * DAY_MS)
  expect(await read()).toMatchObject({ state: 'REFUND_PENDING' })
  world.chain.unreachable = false
  await pass()
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
})

test('a transfer that the chain never shows again is held after a day, not scanned for ever', async () => {
  const { world, pass } = await scene('transfer')
  world.ledger.reorg(1)
  expect(await pass(301_000)).toMatchObject({ state: 'PAID' })
  expect(await pass(DAY_MS + 1_000)).toMatchObject({
    state: 'PAID',
    held: 'the chain does not show its payment',
  })
})

test('a worker whose clock runs ahead refunds early but never what is being delivered', async () => {
  const { world, buyer } = await scene()
  const challenge = await buyer.issue(world.engine)
  world.issuer.mood = 'issue'
  const ahead = { nowMs: () => world.clock.nowMs() + 600_000 }
  world.issuer.meanwhile = async () => {
    world.ledger.mine(3)
    await refundPass({ ...world.refunds, clock: ahead })
  }
  await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  expect(await world.store.get(challenge.challengeId)).toMatchObject({ state: 'DELIVERED' })
  expect(await checkInvariants(world)).toEqual([])
})
