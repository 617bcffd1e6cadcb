import { expect, test } from 'vitest'
import type { TransfersQuery } from '../ports/Chain.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { fakeAddress } from '../testing/fakeHash.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { listRecords } from '../testing/settleDown.ts'
import { accountForTransfers } from './accountForTransfers.ts'
import { findFence } from './findFence.ts'

const retired = fakeAddress('a wallet that sold before')

/** A seller with two wallets, and what the chain was asked about them. */
function scene() {
  const world = createTestContext()
  const [wallet] = world.accounting.wallets
  if (!wallet) throw new Error('there is one wallet')
  const asked: TransfersQuery[] = []
  const chain = {
    ...world.chain,
    transfers: async (query: TransfersQuery) => {
      asked.push(query)
      return await world.chain.transfers(query)
    },
  }
  const wallets = [wallet, { ...wallet, payee: retired }]
  const accounting = { ...world.accounting, chain, wallets, fromBlock: 1n }
  let sent = 0
  const send = (to: `0x${string}`, value: bigint): void => {
    sent += 1
    const call = { kind: 'transfer', from: fakeAccounts.buyer, to, value } as const
    world.ledger.broadcast(world.ledger.prepare([call], `sent ${sent}`).hash)
  }
  const account = async () => {
    world.ledger.mine(3)
    // As a gateway does: what a pause of this test hid is compared with the chain first.
    await findFence({ ...accounting, settings: { finality: 'finalized' } })
    asked.splice(0)
    return (await accountForTransfers(accounting)).adopted
  }
  return { world, asked, send, account }
}

test('money that arrives at a wallet that sold before is in a record, and one search finds all', async () => {
  const { world, asked, send, account } = scene()
  send(retired, 70n)
  send(fakeAccounts.seller, 80n)
  world.clock.advance(940_000)
  expect(await account()).toMatchObject([{ to: retired }, { to: fakeAccounts.seller }])
  const records = await listRecords(world)
  expect(records.map(({ destination, amountRaw }) => [destination, amountRaw])).toEqual(
    expect.arrayContaining([
      [retired, 70n],
      [fakeAccounts.seller, 80n],
    ]),
  )
  expect(records.every(({ held, disposition }) => held && disposition === 'UNMATCHED')).toBe(true)
  expect(asked.map(({ to }) => to)).toEqual([[fakeAccounts.seller, retired]])
  expect(await account()).toEqual([])
})

test('a transfer too young to be taken up in one wallet does not hold up another’s', async () => {
  const { world, send, account } = scene()
  send(fakeAccounts.seller, 1n)
  world.ledger.mine(3)
  world.clock.advance(500_000)
  send(retired, 2n)
  world.clock.advance(500_000)
  // The retired wallet's is 500 s old, and its buyer may still present it.
  send(fakeAccounts.seller, 3n)
  expect(await account()).toMatchObject([{ value: 1n }])
  world.clock.advance(500_000)
  expect(await account()).toMatchObject([{ value: 2n }])
  world.clock.advance(500_000)
  expect(await account()).toMatchObject([{ value: 3n }])
  expect(await listRecords(world)).toHaveLength(3)
})

test('what a seller moves from one wallet into another is told as money in, not as nothing', async () => {
  const { world, send, account } = scene()
  send(retired, 50n)
  const call = { kind: 'transfer', from: retired, to: fakeAccounts.seller, value: 50n } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'a sweep').hash)
  world.clock.advance(940_000)
  expect(await account()).toMatchObject([{ to: retired }, { from: retired }])
})
