import { type ChallengeRecord, releaseHeld, sameAddress } from '@key0/core'
import { expect } from 'vitest'
import { checkBooks, openBooks } from './checkBooks.ts'
import { type Customer, grantsOf, isOpen, type Run } from './sellThroughFaults.ts'
import type { Shop } from './startShop.ts'

/** What the store did not know any more, of what buyers were told and of what they paid. */
type Lost = {
  readonly lostRecords: number
  readonly wentBack: number
  readonly lostPayments: number
}

type Figures = Readonly<Record<string, unknown>>

/** Counts what was lost, and then lets the shop find it on the chain. */
export async function accountForLoss({ shop }: Run): Promise<Lost> {
  const lost = await countLost(shop)
  const { payments } = await openBooks(shop)
  await account(shop)
  return { ...lost, lostPayments: payments.filter(({ owner }) => owner === undefined).length }
}

/**
 * After a loss that was accounted for: no payment is unknown, nothing is open but what a person has
 * to look at, and when that person gave it back everybody has the goods or the money.
 */
export async function judgeLoss(name: string, run: Run, more: Figures): Promise<void> {
  const { shop } = run
  const { payments, refunds, records } = await openBooks(shop)
  const all = [...records.values()]
  const held = all.filter((it) => it.held !== undefined)
  const served = grantsOf(shop)
  print(name, {
    ...{ ...run.figures, payments: payments.length, ...more },
    refound: payments.filter(({ owner }) => owner?.startsWith('stray:')).length,
    ...{ held: held.length, served: served.size, refunded: refunds.length },
  })
  expect(payments.filter(({ owner }) => owner === undefined)).toEqual([])
  expect(all.filter((it) => isOpen(it) && it.held === undefined)).toEqual([])
  expect(await brokenForGood(run)).toEqual([])

  // A person returns what was held and bought nothing; some of it went back before.
  for (const record of held) if (!served.has(`${record.txHash}`)) await release(shop, record)
  for (let round = 0; round < 4; round += 1) await run.pass(31)
  expect(await brokenForGood(run)).toEqual([])
  const after = await openBooks(shop)
  const kept = after.payments.filter(({ ref }) => !after.refunds.some(({ of }) => of === ref))
  const unserved = kept.filter(({ transactionHash }) => !served.has(transactionHash))
  expect(unserved.map(({ owner }) => after.records.get(`${owner}`)?.state)).toEqual(
    unserved.map(() => 'DELIVERED'),
  )
}

/** After trouble that loses nothing: everybody has the goods or the money already. */
export async function judgeTrouble(name: string, { shop, buyers, figures }: Run): Promise<void> {
  const lost = await countLost(shop)
  const { payments, refunds, records } = await openBooks(shop)
  const all = [...records.values()]
  print(name, {
    ...{ ...figures, payments: payments.length, ...lost },
    ...{ served: grantsOf(shop).size, refunded: refunds.length },
  })
  expect(lost).toEqual({ lostRecords: 0, wentBack: 0 })
  expect(await checkBooks(shop)).toEqual([])
  expect(await findWronged(shop, buyers)).toEqual([])
  expect(all.filter(isOpen)).toEqual([])
  expect(all.filter(({ held }) => held !== undefined)).toEqual([])
  const delivered = all.filter(({ state }) => state === 'DELIVERED')
  expect(payments).toHaveLength(delivered.length + refunds.length)
}

/** Promises about single answers and trails are about records that were not lost. */
async function brokenForGood({ shop, buyers }: Run): Promise<readonly string[]> {
  const broken = (await checkBooks(shop)).filter((each) => /^I[1256]:/.test(each))
  return [...broken, ...(await findWronged(shop, buyers))]
}

/** What buyers were told and the store does not know any more. */
async function countLost(shop: Shop): Promise<Omit<Lost, 'lostPayments'>> {
  const { replies } = shop.exchanges
  const states = new Map((await shop.records()).map((it) => [it.challengeId, it.state]))
  const told = (status: number): readonly string[] => {
    const those = replies.filter((it) => it.status === status && it.json.challengeId !== undefined)
    return [...new Set(those.map(({ json }) => `${json.challengeId}`))]
  }
  return {
    lostRecords: told(402).filter((id) => !states.has(id)).length,
    wentBack: told(200).filter((id) => states.has(id) && states.get(id) !== 'DELIVERED').length,
  }
}

/** Until no buyer can present a transfer any more, and the chain was read. */
async function account(shop: Shop): Promise<void> {
  await shop.advance(1_200)
  for (let round = 0; round < 3; round += 1) {
    await shop.key0().recover()
    await shop.advance(31)
  }
}

/** Lets held money go, as a person does who has looked at it. */
async function release(shop: Shop, { challengeId }: ChallengeRecord): Promise<void> {
  const { clock } = shop
  const newId = (): string => `release ${challengeId} ${clock.nowMs()}`
  const order = { actor: 'ada@example.com', reason: 'asked the customer' }
  await releaseHeld({ store: shop.store(), clock, newId, observe: () => {} }, challengeId, order)
}

/** Who was charged more often than he signed, and what went back twice or was served as well. */
async function findWronged(shop: Shop, buyers: readonly Customer[]): Promise<readonly string[]> {
  const { payments, refunds } = await openBooks(shop)
  const served = grantsOf(shop)
  const charged = (address: string): number =>
    payments.filter(({ from }) => sameAddress(from, address)).length
  const overcharged = buyers.filter(({ address, signed }) => charged(address) > signed)
  const twice = refunds.filter(
    ({ of }, index) => refunds.findIndex((each) => each.of === of) !== index,
  )
  const returned = new Set(refunds.map(({ of }) => of))
  const both = payments.filter((it) => served.has(it.transactionHash) && returned.has(it.ref))
  return [
    ...overcharged.map(({ address }) => `${address} paid more often than signed`),
    ...twice.map(({ of }) => `${of} was refunded twice`),
    ...both.map(({ ref }) => `${ref} was served and refunded`),
  ]
}

function print(name: string, figures: Figures): void {
  process.stdout.write(`${name}: ${JSON.stringify(figures)}\n`)
}
