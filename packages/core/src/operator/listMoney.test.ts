import { expect, test } from 'vitest'
import { operatorScene, order } from '../../test/operatorScene.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { inspectMoney } from './inspectMoney.ts'
import { listMoney } from './listMoney.ts'
import { readSafeToSweep } from './readSafeToSweep.ts'
import { startRefunds, stopRefunds } from './refundSwitch.ts'
import { writeOff } from './writeOff.ts'

/** One of each: what an operator may find open on a bad morning, oldest first. */
async function badMorning() {
  const scene = operatorScene()
  const { world, ctx, pass, sellUndelivered, hold } = scene
  const failed = await scene.sellFailed()
  const underWay = await sellUndelivered()
  world.payout.next.push('withhold')
  await pass()
  const held = await sellUndelivered()
  await hold(held)
  const kept = await sellUndelivered()
  await writeOff(ctx, kept, order)
  const owed = await sellUndelivered(fakeAccounts.stranger)
  world.issuer.mood = 'issue'
  const buyer = createBuyer(world)
  const served = await buyer.issue(world.engine)
  await buyer.pay(world.engine, served.challengeId, buyer.sign(served))
  world.clock.advance(60_000)
  return { ...scene, failed, underWay, held, kept, owed, served: served.challengeId }
}

test('the queue shows what is open, oldest first, with its age and reason, and nothing settled', async () => {
  const { ctx, failed, underWay, held, owed, kept } = await badMorning()
  const { items, totals, isPartial } = await listMoney(ctx)
  expect(items.map(({ challengeId, kind, why }) => [challengeId, kind, why])).toEqual([
    [failed, 'failed', 'no gas'],
    [underWay, 'under-way', undefined],
    [held, 'held', 'somebody wants to look'],
    [owed, 'owed', undefined],
  ])
  expect(items.at(-1)).toMatchObject({ payer: fakeAccounts.stranger, value: 100_000n })
  expect(items.at(-1)?.ageMs).toBeGreaterThanOrEqual(60_000)
  expect(totals.held).toEqual({ count: 1, value: 100_000n })
  expect(isPartial).toBe(false)
  const all = await listMoney(ctx, { kinds: ['written-off'] })
  expect(all.items.map(({ challengeId }) => challengeId)).toEqual([kept])
})

test('a page is as small as asked, the totals are of all, and filters filter', async () => {
  const { ctx, underWay, held, owed } = await badMorning()
  const page = await listMoney(ctx, { limit: 2, offset: 1 })
  expect(page.items.map(({ challengeId }) => challengeId)).toEqual([underWay, held])
  expect(Object.keys(page.totals)).toHaveLength(4)
  const { stranger, seller } = fakeAccounts
  const ids = async (query: object) =>
    (await listMoney(ctx, query)).items.map(({ challengeId }) => challengeId)
  expect(await ids({ payer: stranger })).toEqual([owed])
  expect(await ids({ payee: seller, kinds: ['held'] })).toEqual([held])
  expect(await ids({ payee: stranger })).toEqual([])
  expect(await ids({ minAgeMs: 3_600_000 })).toHaveLength(1)
  for (const wrong of [{ limit: 0 }, { limit: 1_001 }, { offset: -1 }, { limit: 1.5 }])
    await expect(listMoney(ctx, wrong)).rejects.toMatchObject({ code: 'REQUEST_MALFORMED' })
})

test('what is seen of one challenge says whose turn it is and holds no secret', async () => {
  const { ctx, failed, underWay, held, owed, kept, served, world } = await badMorning()
  const turns: Record<string, string> = {}
  for (const id of [failed, underWay, held, owed, kept, served]) {
    const seen = await inspectMoney(ctx, id)
    const text = JSON.stringify(seen, (_, it: unknown) => (typeof it === 'bigint' ? `${it}` : it))
    expect(text).not.toMatch(/"signature"|rawTransaction|"accessToken"|"authorization"/)
    expect(seen.history.length).toBeGreaterThan(1)
    turns[id] = seen.next
  }
  expect(Object.values(turns).map((text) => text.split(':')[0])).toEqual([
    'Yours',
    'The refund worker’s',
    'Yours',
    'The seller’s backend’s; after the grace period the refund worker’s.',
    'Nothing',
    'Nothing',
  ])
  expect((await inspectMoney(ctx, served)).record).toMatchObject({ hasGrant: true })
  await expect(inspectMoney(ctx, 'nobody')).rejects.toMatchObject({ code: 'CHALLENGE_UNKNOWN' })
  await stopRefunds(ctx, order)
  expect((await inspectMoney(ctx, owed)).next).toContain('refunds are stopped')
  await startRefunds(ctx, order)
  expect((await inspectMoney({ ...ctx, finality: 'latest' }, underWay)).sighting).toEqual({
    kind: 'unused',
  })
  world.clock.advance(60_000)
  const { sighting } = await inspectMoney({ store: ctx.store, clock: ctx.clock }, underWay)
  expect(sighting).toBeUndefined()
})

test('what is safe to sweep leaves every promise payable', async () => {
  const { ctx, world } = await badMorning()
  const { seller, token, stranger } = fakeAccounts
  const wallet = { token, payee: seller, asset: 'USDC', decimals: 6 }
  const balance = async () => world.ledger.balanceOf(seller)
  const client = createBuyer(world)
  client.transfer(7_000n)
  world.ledger.mine(3)
  const sweep = () =>
    readSafeToSweep({ ...ctx, continuity: world.accounting.continuity }, wallet, balance)
  // Failed, under way and owed; held; the stranger's transfer; the rest is sold or written off.
  expect(await sweep()).toEqual({
    balance: 607_000n,
    owed: 300_000n,
    undelivered: 0n,
    held: 100_000n,
    unexplained: 7_000n,
    writtenOff: 100_000n,
    safe: 200_000n,
    short: 0n,
  })
  const call = { kind: 'transfer', from: seller, to: stranger, value: 507_000n } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'sweep').hash)
  expect(await sweep()).toMatchObject({ balance: 100_000n, safe: 0n, short: 307_000n })
})

test('a payment that may have arrived a moment ago is not swept', async () => {
  const { ctx, world } = operatorScene()
  const client = createBuyer(world)
  const challenge = await client.issue(world.engine)
  world.settler.next.push('withhold')
  await client.pay(world.engine, challenge.challengeId, client.sign(challenge))
  const { seller: payee, token } = fakeAccounts
  const wallet = { token, payee, asset: 'USDC', decimals: 6 }
  const answer = await readSafeToSweep(
    { ...ctx, continuity: world.accounting.continuity },
    wallet,
    async () => 150_000n,
  )
  expect(answer).toMatchObject({ undelivered: 100_000n, safe: 50_000n })
  const moving = [90_000n, 500_000n]
  const moved = await readSafeToSweep(
    { ...ctx, continuity: world.accounting.continuity },
    wallet,
    async () => moving.shift() ?? 0n,
  )
  expect(moved).toMatchObject({ balance: 90_000n, safe: 0n, short: 10_000n })
})
