import { type ChallengeRecord, releaseHeld } from '@key0/core'
import { createFaults, type Fault, type Faults, faultKinds } from '@key0/core/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type PlainShop, PRICE, refOf, startPlainShop } from '../test/plainShop.ts'
import { createRefunds } from './createRefunds.ts'
import { processRefunds } from './processRefunds.ts'
import { runRefunds } from './runRefunds.ts'

let shop: PlainShop
let before = 0
beforeAll(async () => {
  shop = await startPlainShop()
})
afterAll(async () => {
  await shop[Symbol.asyncDispose]()
})
beforeEach(async () => {
  before = await shop.countRefunds()
})

const countPaid = async (): Promise<number> => (await shop.countRefunds()) - before
const read = async ({ challengeId }: ChallengeRecord): Promise<ChallengeRecord> =>
  (await shop.store.get(challengeId)) as ChallengeRecord

/** A sale that is paid, not delivered, and old enough to go back. */
async function sellInVain(): Promise<ChallengeRecord> {
  const record = await shop.sell()
  shop.sleep(600_000)
  return record
}

/** Passes of new processes until it is settled, minutes and blocks after each other. */
async function settle(record: ChallengeRecord): Promise<ChallengeRecord> {
  for (let passes = 0; passes < 6; passes += 1) {
    await runRefunds(await shop.startWorker())
    const current = await read(record)
    if (current.state === 'REFUNDED') return current
    await shop.sandbox.mine(3)
    shop.sleep(600_000)
  }
  return await read(record)
}

test('a buyer who transferred the price himself and got nothing is paid back', async () => {
  const record = await sellInVain()
  expect(record).toMatchObject({ state: 'PAID', paymentRef: refOf(record), asset: 'PLAIN' })
  const { seller, buyer } = shop.sandbox.wallets
  const balance = await shop.token.balanceOf(buyer.address)
  const { chain } = await shop.startWorker()
  const [result] = await processRefunds({
    ...{ store: shop.store, network: 'testnet', minAgeMs: 0, finality: 'latest' },
    ...{ walletPrivateKey: seller.privateKey, chain: chain as never },
  })
  expect(result).toMatchObject({ success: true, challengeId: record.challengeId })
  expect(await shop.token.balanceOf(buyer.address)).toBe(balance + PRICE)
  const refunded = await read(record)
  expect(refunded).toMatchObject({ state: 'REFUNDED', refund: { stage: 'FINAL' } })
  const trail = await shop.store.history(record.challengeId)
  expect(trail.map(({ to }) => to)).toEqual([
    ...['PENDING', 'PAID', 'PAID', 'REFUND_PENDING', 'REFUND_PENDING', 'REFUND_PENDING'],
    'REFUNDED',
  ])
  expect(await countPaid()).toBe(1)
})

test('a buyer who is owed twice gets both, though the second looks like the first', async () => {
  const first = await sellInVain()
  const second = await sellInVain()
  const third = await sellInVain()
  expect(await settle(first)).toMatchObject({ state: 'REFUNDED' })
  for (const record of [second, third]) {
    expect(await settle(record)).toMatchObject({ state: 'REFUNDED' })
  }
  expect(await countPaid()).toBe(3)
})

test('a refund that somebody paid by hand is held', async () => {
  const { seller, buyer } = shop.sandbox.wallets
  const record = await sellInVain()
  await shop.token.transfer(seller.address, buyer.address, PRICE)
  expect(await settle(record)).toMatchObject({
    state: 'PAID',
    held: expect.stringMatching(/by hand/),
  })
  expect(await countPaid()).toBe(1)
  const order = { actor: 'ada', reason: 'that was something else' }
  await releaseHeld({ ...(await shop.startWorker()) }, record.challengeId, order)
  expect(await settle(record)).toMatchObject({ state: 'REFUNDED' })
  expect(await countPaid()).toBe(2)
})

test('ten workers at once pay one refund', async () => {
  const record = await sellInVain()
  const workers = await Promise.all(Array.from({ length: 10 }, () => shop.startWorker()))
  await Promise.all(workers.map((worker) => runRefunds(worker)))
  expect(await settle(record)).toMatchObject({ state: 'REFUNDED' })
  expect(await countPaid()).toBe(1)
})

describe('whatever fails, wherever it dies, the buyer is paid once', () => {
  /** The calls of one refund that goes well, by their names. */
  async function listCalls(): Promise<readonly string[]> {
    const faults = createFaults()
    const record = await sellInVain()
    await runRefunds(await shop.startWorker(faults))
    expect(await read(record)).toMatchObject({ state: 'REFUNDED' })
    return faults.points
  }

  async function runWith(fault: Fault, workers: number): Promise<void> {
    const record = await sellInVain()
    const start = await shop.countRefunds()
    const met: Faults = createFaults([fault])
    const first = await shop.startWorker(met)
    const others = await Promise.all(Array.from({ length: workers - 1 }, () => shop.startWorker()))
    const passes = [first, ...others].map((worker) => runRefunds(worker).catch(() => undefined))
    await Promise.all(passes)
    const settled = await settle(record)
    const where = JSON.stringify({ fault, held: settled.held, refund: settled.refund?.stage })
    expect(settled.state, where).toBe('REFUNDED')
    expect((await shop.countRefunds()) - start, where).toBe(1)
  }

  test.each([1, 2])('with %i workers', { timeout: 120_000 }, async (workers) => {
    const calls = await listCalls()
    expect(calls).toContain('payout.carry')
    expect(calls.filter((call) => call === 'store.transition').length).toBeGreaterThan(3)
    for (const [at] of calls.entries())
      for (const kind of faultKinds) await runWith({ at, kind }, workers)
  })
})

test('gas of another wallet, and signers that sign no transactions, are refused', async () => {
  const { chain } = await shop.startWorker()
  const { seller, gas } = shop.sandbox.wallets
  const options = { store: shop.store, chain: chain as never, walletPrivateKey: seller.privateKey }
  const refuse = (more: object) => () => createRefunds({ ...options, ...more })
  expect(refuse({ gasWalletPrivateKey: gas.privateKey })).toThrow('gasWalletPrivateKey')
  const signer = { address: seller.address, signTypedData: async () => '0x' as const }
  expect(refuse({ walletPrivateKey: signer })).toThrow('walletPrivateKey')
})
