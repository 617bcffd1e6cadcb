import {
  type ChallengeRecord,
  listMoney,
  type OperatorContext,
  releaseHeld,
  sameAddress,
  writeOff,
} from '@key0/core'
import { startSandbox } from '@key0/sandbox'
import { afterAll, expect, test } from 'vitest'
import { type Books, openBooks } from '../src/checkBooks.ts'
import { openBusiness } from '../src/mixedBusiness.ts'
import { type Losable, type LosableKind, openLosable } from '../src/openLosable.ts'
import { grantsOf, isOpen } from '../src/sellThroughFaults.ts'
import { stopServers } from '../src/servers.ts'
import { type Shop, startShop } from '../src/startShop.ts'

/*
 * Payments of every kind, and in the middle of them the store goes back an hour or is emptied while
 * no process is alive that remembers. KEY0_LOST_PAYMENTS=500 makes it five hundred in each scene, and
 * tries both on every store.
 */
const PAYMENTS = Number(process.env.KEY0_LOST_PAYMENTS ?? 60)
const isLong = PAYMENTS > 60

const PURSE = 10_000_000n
const MORNING_S = 1_200
const HOUR_S = 3_600
/** Until no transfer can be presented any more, and all are deep enough. */
const RECOVERY_S = 1_800

const losses = {
  'rolled back by an hour': ({ rollBack }: Losable) => rollBack(),
  'wiped whole': ({ wipe }: Losable) => wipe(),
} as const

const usual: readonly (readonly [LosableKind, keyof typeof losses])[] = [
  ['sqlite', 'rolled back by an hour'],
  ['redis', 'wiped whole'],
  ['postgres', 'rolled back by an hour'],
]
const others: typeof usual = [
  ['sqlite', 'wiped whole'],
  ['redis', 'rolled back by an hour'],
  ['postgres', 'wiped whole'],
]

afterAll(stopServers)

test.each(isLong ? [...usual, ...others] : usual)(
  'a %s store is %s: every payment is found, nobody is paid back twice or for what he has',
  async (kind, how) => {
    const startedAtMs = Date.now()
    await using sandbox = await startSandbox()
    await using losable = await openLosable(kind)
    const { servers } = losable
    const accountFromBlock = 1n
    await using shop = await startShop({
      ...{ sandbox, servers, accountFromBlock, store: kind, gateways: 2, settleWaitMs: 2_000 },
    })
    const business = await openBusiness(shop, accountFromBlock)

    const crowd = Math.round(PAYMENTS * 0.1)
    const whileTheyBuy = async (happens: () => Promise<void>): Promise<void> => {
      const calls = shop.issuer.calls.length
      const buying = business.sell(crowd)
      await shop.issuer.reached(calls + 2)
      await happens()
      business.hire()
      await Promise.all([buying, business.trade(200)])
    }

    await business.trade(MORNING_S, Math.round(PAYMENTS * 0.15))
    const comeBack = await business.disappoint(Math.round(crowd / 2))
    await whileTheyBuy(async () => {
      await shop.restart({ whileClosed: losable.backUp })
      // The copy says that they paid and have nothing.
      await comeBack()
    })
    await business.trade(HOUR_S, Math.round(PAYMENTS * 0.4))
    let lost = { forgotten: 0, wentBack: 0 }
    await whileTheyBuy(async () => {
      const before = await openBooks(shop)
      await shop.restart({ whileClosed: () => losses[how](losable) })
      lost = await compare(before, shop)
    })
    await business.trade(MORNING_S, Math.round(PAYMENTS * 0.2))
    await business.trade(RECOVERY_S)

    const found = await openBooks(shop)
    expect(findUnexplained(found)).toEqual([])
    expect(findWrongRefunds(found)).toEqual([])
    const open = [...found.records.values()].filter(isOpen)
    expect(open.filter(({ held }) => held === undefined)).toEqual([])
    const desk = deskOf(shop)
    const listed = await listMoney(desk, { kinds: ['held'], limit: 1_000 })
    expect(new Set(listed.items.map(({ challengeId }) => challengeId))).toEqual(
      new Set(open.map(({ challengeId }) => challengeId)),
    )

    const decided = await decide(desk, open, grantsOf(shop))
    await business.trade(600)
    const books = await openBooks(shop)
    expect(findUnexplained(books)).toEqual([])
    expect(findWrongRefunds(books)).toEqual([])
    expect(findUnfinished(books)).toEqual([])
    await expectToTheUnit(books, business.buyers)
    const { break: loss } = await shop.store().beat({ beatId: 'nobody', quietMs: 9e9 })
    const figures = {
      ...{ seconds: (Date.now() - startedAtMs) / 1000, ...business.begun() },
      ...{ payments: books.payments.length, ...lost, noticed: loss?.cause ?? 'by no mark' },
      ...{ held: open.length, ...decided, served: grantsOf(shop).size },
      ...{ refundedAlone: found.refunds.length, refunded: books.refunds.length },
    }
    process.stdout.write(`${kind}, ${how}: ${JSON.stringify(figures)}\n`)
    expect(lost.forgotten + lost.wentBack, 'something was lost').toBeGreaterThan(0)
    expect(open.length, 'somebody has to look').toBeGreaterThan(0)
  },
  isLong ? 600_000 : 60_000,
)

/** What the store knew a moment ago and knows no more. */
async function compare({ records }: Books, shop: Shop) {
  const now = new Map((await shop.records()).map((it) => [it.challengeId, it.state]))
  const ids = [...records.values()].filter(({ paymentRef }) => paymentRef !== undefined)
  return {
    forgotten: ids.filter(({ challengeId }) => !now.has(challengeId)).length,
    wentBack: ids.filter((it) => (now.get(it.challengeId) ?? it.state) !== it.state).length,
  }
}

/** Every transfer into the wallet has a claim, and the record that the claim names. */
function findUnexplained({ payments, records }: Books): readonly string[] {
  return payments.flatMap(({ ref, value, from, owner }) => {
    const record = owner === undefined ? undefined : records.get(owner)
    if (!record) return [`${ref} is in no record`]
    if (record.state === 'PENDING' || record.paymentRef !== ref)
      return [`${ref} is claimed by ${owner}, which is ${record.state} by ${record.paymentRef}`]
    const isSame = record.amountRaw === value && sameAddress(`${record.fromAddress}`, from)
    return isSame ? [] : [`${ref} is not what ${owner} says`]
  })
}

/** No money leaves but as the one refund of a payment, to its payer, who has nothing else of it. */
function findWrongRefunds({ shop, payments, refunds }: Books): readonly string[] {
  const served = grantsOf(shop)
  return refunds.flatMap(({ of, to, value }, index) => {
    const payment = payments.find(({ ref }) => ref === of)
    if (!payment) return [`${value} left the wallet for no payment`]
    const isSecond = refunds.findIndex((each) => each.of === of) !== index
    const isServed = served.has(payment.transactionHash)
    return [
      ...(isSecond ? [`${of} went back twice`] : []),
      ...(isServed ? [`${of} went back and was served`] : []),
      ...(sameAddress(to, payment.from) && value === payment.value ? [] : [`${of} went astray`]),
    ]
  })
}

/** Every payment bought something or went back, and no record says anything else. */
function findUnfinished({ shop, payments, records, refunds }: Books): readonly string[] {
  const served = grantsOf(shop)
  const returned = new Set(refunds.map(({ of }) => of))
  return payments.flatMap(({ ref, owner, transactionHash }) => {
    const record = records.get(`${owner}`)
    const wasServed = served.has(transactionHash)
    const kept = record?.state === 'DELIVERED' || record?.held?.startsWith('written off') === true
    const isRight = returned.has(ref) ? record?.state === 'REFUNDED' : kept
    // What was delivered and whose answer got lost on the way is there to be fetched.
    const isKeptForNothing = !returned.has(ref) && !wasServed && record?.state !== 'DELIVERED'
    return isRight && !isKeptForNothing
      ? []
      : [`${ref} (served: ${wasServed}) ended ${record?.state} ${record?.held ?? ''}`]
  })
}

/** The seller holds what he delivered, and each buyer the rest of his purse. */
async function expectToTheUnit(
  { shop, payments, refunds }: Books,
  buyers: readonly { readonly address: `0x${string}` }[],
): Promise<void> {
  const { sandbox, seller } = shop
  const returned = new Set(refunds.map(({ of }) => of))
  const kept = payments.filter(({ ref }) => !returned.has(ref))
  const sum = (of: typeof kept): bigint => of.reduce((total, { value }) => total + value, 0n)
  expect(await sandbox.balanceOf(seller.address)).toBe(sum(kept))
  for (const { address } of buyers)
    expect(await sandbox.balanceOf(address)).toBe(
      PURSE - sum(kept.filter(({ from }) => sameAddress(from, address))),
    )
}

function deskOf({ store, clock }: Shop): OperatorContext {
  let made = 0
  const newId = (): string => {
    made += 1
    return `desk-${made}-${clock.nowMs()}`
  }
  return { store: store(), clock, newId, observe: () => {} }
}

/** A person asks every customer: who has it pays for it, everybody else gets his money. */
async function decide(
  desk: OperatorContext,
  held: readonly ChallengeRecord[],
  served: ReadonlySet<string>,
): Promise<{ readonly released: number; readonly writtenOff: number }> {
  const order = { actor: 'ada@example.com', reason: 'asked the customer' }
  let released = 0
  for (const { challengeId, txHash } of held) {
    const isServed = served.has(`${txHash}`)
    await (isServed ? writeOff : releaseHeld)(desk, challengeId, order)
    if (!isServed) released += 1
  }
  return { released, writtenOff: held.length - released }
}
