import { expect, test } from 'vitest'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { createMemoryStore } from '../memory/createMemoryStore.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { createFakeClock } from '../testing/createFakeClock.ts'
import { createTestContext, startProcess, type TestWorld } from '../testing/createTestContext.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { listRecords, refundPass } from '../testing/settleDown.ts'
import { accountForTransfers } from './accountForTransfers.ts'
import { STORE_LOST_WRITES } from './closed.ts'
import { findFence } from './findFence.ts'
import { recover } from './recover.ts'

/**
 * A shop whose store has a backup: every write reaches both until `cut`, and after `restore` the
 * backup is all there is.
 */
function shopWithBackup() {
  const clock = createFakeClock()
  const [live, backup] = [createMemoryStore({ clock }), createMemoryStore({ clock })]
  let current: ChallengeStore = live
  let mirrors = true
  let lastBefore: keyof ChallengeStore | undefined
  const store = new Proxy(live, {
    get: (_, name: keyof ChallengeStore) => {
      return async (...given: never[]) => {
        if (name === lastBefore) current = backup
        const call = (target: ChallengeStore) =>
          (target[name] as (...of: never[]) => unknown)(...given)
        const answer = await call(current)
        if (mirrors) await call(backup)
        return answer
      }
    },
  })
  const context = createTestContext({ world: { clock, store } })
  const buyer = createBuyer(context)
  const back = () => context.ledger.transfers().filter(({ from }) => from === fakeAccounts.seller)
  const cut = (): void => {
    mirrors = false
  }
  const restore = (): void => {
    current = backup
  }
  /** The backup takes over in the middle of something: just before that call. */
  const restoreBefore = (name: keyof ChallengeStore): void => {
    lastBefore = name
  }
  const read = async (id: string) => (await store.get(id)) as ChallengeRecord
  /** A new process, a refund pass after the grace period, and one more when it is mined. */
  const refundLater = async (world: TestWorld = context) => {
    const process = startProcess(world)
    for (let pass = 0; pass < 3; pass += 1) {
      clock.advance(301_000)
      context.ledger.mine(3)
      await refundPass(process.refunds)
    }
    return process
  }
  return { ...context, clock, buyer, back, cut, restore, restoreBefore, read, refundLater }
}

test('a buyer who was served is not refunded when the store goes back to before his delivery', async () => {
  const shop = shopWithBackup()
  await refundPass(shop.refunds)
  const { challengeId } = await payUndelivered(shop)
  shop.cut()
  shop.issuer.mood = 'issue'
  const late = await shop.buyer.issue(shop.engine)
  await shop.buyer.pay(shop.engine, late.challengeId, shop.buyer.sign(late))
  await shop.engine.deliver(challengeId)
  shop.clock.advance(120_000)
  shop.restore()
  await shop.refundLater()
  expect(await shop.read(challengeId)).toMatchObject({ state: 'PAID', held: STORE_LOST_WRITES })
  expect(shop.back()).toEqual([])
})

test('a buyer who was served is not refunded when the store goes back in the middle of a pass', async () => {
  const shop = shopWithBackup()
  await refundPass(shop.refunds)
  const { challengeId } = await payUndelivered(shop)
  shop.cut()
  shop.issuer.mood = 'issue'
  await shop.engine.deliver(challengeId)
  shop.clock.advance(301_000)
  shop.ledger.mine(3)
  // After the pass has looked at the store, and before it looks for what may go back.
  shop.restoreBefore('findPendingForRefund')
  await refundPass(shop.refunds)
  await shop.refundLater()
  const held = { state: 'REFUND_PENDING', held: STORE_LOST_WRITES }
  expect(await shop.read(challengeId)).toMatchObject(held)
  expect(shop.back()).toEqual([])
})

test('a process that lived through the loss holds the refund, also when nobody bought meanwhile', async () => {
  const shop = shopWithBackup()
  const { challengeId } = await payUndelivered(shop)
  shop.cut()
  await refundPass(shop.refunds)
  shop.issuer.mood = 'issue'
  await shop.engine.deliver(challengeId)
  await refundPass(shop.refunds)
  shop.restore()
  shop.clock.advance(301_000)
  shop.ledger.mine(3)
  await refundPass(shop.refunds)
  expect(await shop.read(challengeId)).toMatchObject({ state: 'PAID', held: STORE_LOST_WRITES })
  expect(shop.back()).toEqual([])
})

test('a buyer whose refund is held because the store went back can still fetch what he paid for', async () => {
  const shop = shopWithBackup()
  const { challengeId } = await payUndelivered(shop)
  await loseAnEvent(shop)
  expect(await shop.read(challengeId)).toMatchObject({ state: 'PAID', held: STORE_LOST_WRITES })
  shop.issuer.mood = 'issue'
  await shop.engine.deliver(challengeId)
  const record = await shop.read(challengeId)
  expect(record).toMatchObject({ state: 'DELIVERED' })
  expect(record.held).toBeUndefined()
})

test('held money goes back once a person has released it', async () => {
  const shop = shopWithBackup()
  const { challengeId } = await payUndelivered(shop)
  await loseAnEvent(shop)
  const { version, held } = await shop.read(challengeId)
  expect(held).toBe(STORE_LOST_WRITES)
  const fields = { held: undefined, releasedAt: new Date(shop.clock.nowMs()) }
  const move = { id: challengeId, from: 'PAID', to: 'PAID', version, key: 'ada' } as const
  await shop.store.transition({ ...move, actor: 'ada', fields })
  await shop.refundLater()
  expect(await shop.read(challengeId)).toMatchObject({ state: 'REFUNDED' })
  expect(shop.back()).toHaveLength(1)
  expect(await checkInvariants(shop)).toEqual([])
})

test('after an outage of an hour in which nobody sold, the buyer gets his money without anybody looking', async () => {
  const shop = shopWithBackup()
  const { challengeId } = await payUndelivered(shop)
  await refundPass(shop.refunds)
  shop.clock.advance(3_600_000)
  await shop.refundLater()
  expect(await shop.read(challengeId)).toMatchObject({ state: 'REFUNDED' })
  expect(shop.back()).toHaveLength(1)
})

test('while the chain cannot say what an outage hid, no refund begins; afterwards it does', async () => {
  const shop = shopWithBackup()
  const { challengeId } = await payUndelivered(shop)
  shop.ledger.mine(3)
  await refundPass(shop.refunds)
  shop.clock.advance(3_600_000)
  const { refunds } = startProcess(shop)
  const transfers = { ...shop.chain, transfers: () => Promise.reject(new Error('no node answers')) }
  await refundPass({ ...refunds, chain: transfers })
  expect(await shop.read(challengeId)).toMatchObject({ state: 'PAID' })
  await shop.refundLater()
  expect(await shop.read(challengeId)).toMatchObject({ state: 'REFUNDED' })
})

test('a node that lags behind the outage does not clear it', async () => {
  const shop = shopWithBackup()
  const { challengeId } = await payUndelivered(shop)
  shop.ledger.mine(3)
  await refundPass(shop.refunds)
  shop.clock.advance(3_600_000)
  const { refunds } = startProcess(shop)
  await refundPass(refunds)
  expect(await shop.read(challengeId)).toMatchObject({ state: 'PAID' })
  shop.ledger.mine(3)
  await refundPass(refunds)
  expect(await shop.read(challengeId)).toMatchObject({ state: 'REFUND_PENDING' })
})

test('money that no record explains is held once no buyer can present it any more', async () => {
  const shop = shopWithBackup()
  await accountForTransfers(shop.accounting)
  shop.buyer.transfer(123_456n)
  shop.ledger.mine(3)
  expect((await accountForTransfers(shop.accounting)).adopted).toEqual([])
  shop.clock.advance(931_000)
  shop.ledger.mine(1)
  await findFence(shop.refunds)
  const { adopted } = await accountForTransfers(shop.accounting)
  expect(adopted).toMatchObject([{ value: 123_456n, from: shop.buyer.account }])
  const [record] = await listRecords(shop)
  expect(record).toMatchObject({
    state: 'PAID',
    disposition: 'UNMATCHED',
    amount: '$0.123456',
    amountRaw: 123_456n,
    fromAddress: shop.buyer.account,
    held: 'no record explains this transfer',
  })
  await shop.refundLater()
  expect(shop.back()).toEqual([])
  expect((await accountForTransfers(shop.accounting)).adopted).toEqual([])
  expect(await checkInvariants(shop)).toEqual([])
})

test('a transfer presented in time buys its challenge and is never taken for a stray', async () => {
  const shop = shopWithBackup()
  await accountForTransfers(shop.accounting)
  const challenge = await shop.buyer.issue(shop.engine)
  const txHash = shop.buyer.transfer(challenge.amountRaw)
  shop.ledger.mine(3)
  await accountForTransfers(shop.accounting)
  await shop.buyer.prove(shop.engine, challenge.challengeId, txHash)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  expect((await accountForTransfers(shop.accounting)).adopted).toEqual([])
  expect(await shop.read(challenge.challengeId)).toMatchObject({ state: 'DELIVERED' })
})

test('ten processes that find one stray at once make one record of it', async () => {
  const shop = shopWithBackup()
  await accountForTransfers(shop.accounting)
  shop.buyer.transfer(5n)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  await findFence(shop.refunds)
  const all = Array.from({ length: 10 }, () => accountForTransfers(startProcess(shop).accounting))
  const adopted = (await Promise.all(all)).flatMap((each) => each.adopted)
  expect(adopted).toHaveLength(1)
  expect(await listRecords(shop)).toHaveLength(1)
})

test('a crash between the two steps of taking up a stray is finished by the next pass', async () => {
  const shop = shopWithBackup()
  await accountForTransfers(shop.accounting)
  shop.buyer.transfer(5n)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  await findFence(shop.refunds)
  const settle = () => Promise.reject(new Error('the process ended'))
  const dying = { ...shop.accounting, store: { ...methodsOf(shop.store), settle } }
  await expect(accountForTransfers(dying)).rejects.toThrow('ended')
  expect(await listRecords(shop)).toMatchObject([{ state: 'PENDING' }])
  await recover(shop.ctx, { limit: 10 })
  expect((await accountForTransfers(shop.accounting)).adopted).toHaveLength(1)
  expect(await listRecords(shop)).toMatchObject([{ state: 'PAID', disposition: 'UNMATCHED' }])
})

test('nobody buys, cancels or fetches anything by the name of a stray', async () => {
  const shop = shopWithBackup()
  await accountForTransfers(shop.accounting)
  shop.buyer.transfer(5n)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  await accountForTransfers(shop.accounting)
  const [{ challengeId } = { challengeId: '' }] = await listRecords(shop)
  const unknown = expect.objectContaining({ code: 'CHALLENGE_UNKNOWN' })
  await expect(shop.engine.deliver(challengeId)).rejects.toEqual(unknown)
  await expect(shop.engine.cancel(challengeId)).rejects.toEqual(unknown)
  await expect(shop.engine.inspect(challengeId)).rejects.toEqual(unknown)
})

test('a buyer whose delivery was forgotten is not refunded because he presents his transfer again', async () => {
  const shop = shopWithBackup()
  await refundPass(shop.refunds)
  const { engine } = startProcess(shop, { settings: { strayTransfers: 'refund' } })
  const { challengeId } = await shop.buyer.issue(engine)
  shop.cut()
  const txHash = shop.buyer.transfer(100_000n)
  shop.ledger.mine(3)
  const served = await shop.buyer.prove(engine, challengeId, txHash)
  expect(served).toMatchObject({ kind: 'delivered' })
  await refundPass(shop.refunds)
  shop.clock.advance(60_000)
  shop.restore()
  await refundPass(shop.refunds)
  shop.clock.advance(901_000)
  await recover(shop.ctx, { limit: 10 })
  const again = await shop.buyer.prove(engine, challengeId, txHash)
  expect(again).toMatchObject({ error: { facts: { setAside: 'LATE' } } })
  await shop.refundLater()
  expect(shop.back()).toEqual([])
})

test('a deployment that is told where to begin finds payments of before its store', async () => {
  const shop = shopWithBackup()
  shop.buyer.transfer(7n)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  const { adopted } = await accountForTransfers({ ...shop.accounting, fromBlock: 1n })
  expect(adopted).toMatchObject([{ value: 7n }])
})

test('payments whose records were lost are found although the accounts had passed their blocks', async () => {
  const shop = shopWithBackup()
  shop.issuer.mood = 'issue'
  await accountForTransfers(shop.accounting)
  shop.clock.advance(70_000)
  shop.ledger.mine(1)
  await shop.accounting.continuity.beat()
  shop.cut()
  const { challengeId } = await shop.buyer.issue(shop.engine)
  const challenge = await shop.read(challengeId)
  await shop.buyer.pay(shop.engine, challengeId, shop.buyer.sign(challenge))
  shop.ledger.mine(3)
  shop.clock.advance(10_000)
  await accountForTransfers(shop.accounting)
  shop.restore()
  // A pass that was under way when the store went back writes how far it came.
  const { token, payee } = shop.accounting.wallets[0] ?? {}
  const head = Number(shop.ledger.head().number)
  await shop.store.ack(`transfers:${shop.chain.chainId}:${token}:${payee}`.toLowerCase(), head)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  const { adopted } = await accountForTransfers(shop.accounting)
  expect(adopted).toHaveLength(1)
  expect(await listRecords(shop)).toMatchObject([{ disposition: 'UNMATCHED' }])
})

test('a stray in a block that took the place of another is found where the latest block is believed', async () => {
  const shop = shopWithBackup()
  const accounting = { ...shop.accounting, finality: 'latest' } as const
  await accountForTransfers(accounting)
  shop.ledger.mine(2)
  shop.clock.advance(60_000)
  await accountForTransfers(accounting)
  shop.ledger.reorg(2)
  shop.buyer.transfer(9n)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  await findFence(shop.refunds)
  expect((await accountForTransfers(accounting)).adopted).toMatchObject([{ value: 9n }])
})

test('a stray that buyers could still present when the store went back is taken up all the same', async () => {
  const shop = shopWithBackup()
  await accountForTransfers(shop.accounting)
  shop.buyer.transfer(9n)
  shop.ledger.mine(3)
  shop.clock.advance(170_000)
  expect((await accountForTransfers(shop.accounting)).adopted).toEqual([])
  await loseAnEvent(shop)
  shop.clock.advance(931_000)
  shop.ledger.mine(3)
  await findFence(shop.refunds)
  expect((await accountForTransfers(shop.accounting)).adopted).toMatchObject([{ value: 9n }])
})

/** The store goes back to before somebody asked for a price, under a worker that lives on. */
async function loseAnEvent(shop: ReturnType<typeof shopWithBackup>): Promise<void> {
  shop.cut()
  await shop.buyer.issue(shop.engine)
  await refundPass(shop.refunds)
  shop.restore()
  shop.clock.advance(301_000)
  shop.ledger.mine(3)
  await refundPass(shop.refunds)
}

/** A payment whose delivery failed. */
async function payUndelivered(shop: ReturnType<typeof shopWithBackup>) {
  shop.issuer.mood = 'fail'
  const challenge = await shop.buyer.issue(shop.engine)
  await shop.buyer.pay(shop.engine, challenge.challengeId, shop.buyer.sign(challenge))
  return challenge
}

function methodsOf(store: ChallengeStore): ChallengeStore {
  const names = Object.keys(createMemoryStore()) as (keyof ChallengeStore)[]
  return Object.fromEntries(names.map((name) => [name, store[name]])) as never
}
