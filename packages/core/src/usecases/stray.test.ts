import { expect, test } from 'vitest'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { type Answer, codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { listRecords, refundPass } from '../testing/settleDown.ts'
import { accountForTransfers } from './accountForTransfers.ts'

async function scene(strayTransfers: 'hold' | 'refund' = 'hold') {
  const world = createTestContext({ settings: { strayTransfers } })
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  /** The record of the money that bought nothing. */
  const stray = async () =>
    (await listRecords(world)).find(({ disposition }) => disposition !== undefined)
  const back = () => world.ledger.transfers().filter(({ from }) => from === fakeAccounts.seller)
  /** Sends, lets it become final, and presents it. */
  const pay = async (value: bigint): Promise<Answer> => {
    const txHash = buyer.transfer(value)
    world.ledger.mine(3)
    return buyer.prove(world.engine, challengeId, txHash)
  }
  return { world, buyer, challenge, challengeId, stray, back, pay }
}

const cases = [
  ['comes too late', 'TRANSFER_OUTSIDE_WINDOW', 'LATE', 100_000n],
  ['comes after the challenge was cancelled', 'CHALLENGE_CANCELLED', 'LATE', 100_000n],
  ['comes a second time', 'REQUEST_CONFLICT', 'SURPLUS', 100_000n],
  ['is too little', 'TRANSFER_MISMATCH', 'UNDER', 99_999n],
  ['is too much', 'TRANSFER_MISMATCH', 'SURPLUS', 100_001n],
] as const

test.each(cases)(
  'money that %s is kept for a person, and its payer is told',
  async (what, code, disposition, value) => {
    const shop = await scene()
    await prepare(shop, what)
    const answer = await shop.pay(value)
    expect(codeOf(answer)).toBe(code)
    expect(answer).toMatchObject({
      error: { facts: { setAside: disposition, refund: 'by the seller' } },
    })
    expect(await shop.stray()).toMatchObject({
      state: 'PAID',
      disposition,
      amountRaw: value,
      fromAddress: shop.buyer.account,
      held: `it bought nothing: ${disposition}`,
    })
    expect(await checkInvariants(shop.world)).toEqual([])
  },
)

test.each(cases)(
  'money that %s goes back where the wallet sells nothing else',
  async (what, code, disposition, value) => {
    const shop = await scene('refund')
    await prepare(shop, what)
    const before = shop.world.ledger.balanceOf(shop.buyer.account)
    const answer = await shop.pay(value)
    expect(answer).toMatchObject({
      error: { code, facts: { setAside: disposition, refund: 'automatic' } },
    })
    for (const _ of [1, 2, 3]) {
      shop.world.clock.advance(301_000)
      shop.world.ledger.mine(3)
      await refundPass(shop.world.refunds)
    }
    expect(await shop.stray()).toMatchObject({ state: 'REFUNDED' })
    expect(shop.back()).toMatchObject([{ to: shop.buyer.account, value }])
    expect(shop.world.ledger.balanceOf(shop.buyer.account)).toBe(before)
    expect(await checkInvariants(shop.world)).toEqual([])
  },
)

async function prepare(
  { world, buyer, challengeId, pay }: Awaited<ReturnType<typeof scene>>,
  what: string,
): Promise<void> {
  if (what.includes('late')) world.clock.advance(931_000)
  if (what.includes('cancelled')) await world.engine.cancel(challengeId)
  if (what.includes('second')) {
    expect(codeOf(await pay(100_000n))).toBe('DELIVERED')
    expect(buyer.account).toBe(fakeAccounts.buyer)
  }
}

test('presenting the same late money again makes no second record', async () => {
  const { world, buyer, challengeId } = await scene()
  world.clock.advance(931_000)
  const txHash = buyer.transfer(100_000n)
  world.ledger.mine(3)
  for (const _ of [1, 2, 3]) await buyer.prove(world.engine, challengeId, txHash)
  expect(await listRecords(world)).toHaveLength(2)
  world.clock.advance(931_000)
  expect((await accountForTransfers({ ...world.accounting, fromBlock: 1n })).adopted).toEqual([])
})

test('nobody makes another buyer’s late money his business', async () => {
  const { world, buyer, challengeId, stray } = await scene('refund')
  const stranger = createBuyer(world, fakeAccounts.stranger)
  world.clock.advance(931_000)
  const txHash = buyer.transfer(100_000n)
  world.ledger.mine(3)
  await stranger.prove(world.engine, challengeId, txHash)
  await world.engine.submitProof({ challengeId, txHash }).catch(() => undefined)
  expect(await stray()).toBeUndefined()
})

test('an old sale of the seller’s is not sent back because its payer presents it here', async () => {
  const { world, buyer, stray } = await scene('refund')
  const old = buyer.transfer(100_000n)
  world.clock.advance(31_000)
  world.ledger.mine(3)
  const { challengeId } = await buyer.issue(world.engine)
  expect(codeOf(await buyer.prove(world.engine, challengeId, old))).toBe('TRANSFER_OUTSIDE_WINDOW')
  expect(await stray()).toBeUndefined()
})

test('money that a reorganisation may still take is not recorded yet', async () => {
  const { world, buyer, challengeId, stray } = await scene()
  world.clock.advance(931_000)
  const txHash = buyer.transfer(100_000n)
  const early = await buyer.prove(world.engine, challengeId, txHash)
  expect(early).not.toMatchObject({ error: { facts: { setAside: 'LATE' } } })
  expect(await stray()).toBeUndefined()
})
