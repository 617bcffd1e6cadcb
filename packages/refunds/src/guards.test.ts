import { createEvmChain } from '@key0/chain-evm'
import { createRefundBudget, refundNow, startRefunds, stopRefunds } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { fakeAccounts } from '@key0/core/testing'
import { startSandbox } from '@key0/sandbox'
import { expect, test } from 'vitest'
import { paidUndelivered } from '../test/paidUndelivered.ts'
import { sellUndelivered } from '../test/sellUndelivered.ts'
import { createRefunds } from './createRefunds.ts'
import { probeRefunds } from './probeRefunds.ts'
import { runRefunds } from './runRefunds.ts'

const order = { actor: 'ada', reason: 'too many at once' }

async function owe(count: number) {
  const { world, readAll } = await sellUndelivered(count)
  const later = async (ms = 301_000) => {
    world.clock.advance(ms)
    world.ledger.mine(3)
    return await runRefunds(world.refunds)
  }
  const back = () => world.ledger.transfers().filter(({ from }) => from === fakeAccounts.seller)
  return { world, later, readAll, back }
}

test('once refunds are stopped no worker claims, signs or sends, and what was sent is followed', async () => {
  const { world, later, readAll, back } = await owe(3)
  const [sent] = await readAll()
  await refundNow(world.refunds, sent?.challengeId ?? '', order)
  world.payout.next.push('withhold')
  expect(back()).toHaveLength(1)
  await stopRefunds(world.refunds, order)
  const results = await later()
  expect(results.map(({ success }) => success)).toEqual([true])
  expect((await readAll()).map(({ state }) => state)).toEqual(['REFUNDED', 'PAID', 'PAID'])
  await startRefunds(world.refunds, order)
  await later()
  expect(back()).toHaveLength(2)
  await stopRefunds(world.refunds, order)
  const stopped = await later()
  // The one whose carrier was withheld is unsent, and stays so; the other is final.
  expect(stopped).toContainEqual(
    expect.objectContaining({ pending: true, error: 'an operator stopped all refunds' }),
  )
  expect(back()).toHaveLength(2)
  await startRefunds(world.refunds, order)
  await later()
  await later()
  expect((await readAll()).map(({ state }) => state)).toEqual(['REFUNDED', 'REFUNDED', 'REFUNDED'])
  expect(back()).toHaveLength(3)
})

test('of a hundred refunds that fall due at once only as many go out as the cap allows', async () => {
  const { world, later, readAll, back } = await owe(10)
  const { store, clock, newId, chain } = world
  const { token } = fakeAccounts
  const open = () => ({
    ...world.refunds,
    budget: createRefundBudget({
      ...{ store, clock, newId, token, chainId: chain.chainId },
      caps: { hour: { count: 4 }, day: { value: 600_000n } },
    }),
  })
  await Promise.all([runRefunds(open()), runRefunds(open())])
  await later(1_000)
  expect(back()).toHaveLength(4)
  const held = (await readAll()).filter((record) => record.held !== undefined)
  expect(held).toHaveLength(6)
  expect(new Set(held.map((record) => record.held))).toEqual(
    new Set(['the refund cap of this hour is reached']),
  )
})

test('caps given as options hold on a real chain', async () => {
  await using sandbox = await startSandbox()
  const store = createMemoryStore()
  const ids = [await paidUndelivered(sandbox, store), await paidUndelivered(sandbox, store)]
  const { seller, buyer } = sandbox.wallets
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl })
  const walletPrivateKey = seller.privateKey
  const caps = { hour: { count: 1 } }
  await createRefunds({ store, chain, walletPrivateKey, caps }).run()
  await createRefunds({ store, chain, walletPrivateKey, caps }).run()
  chain.close()
  expect(await sandbox.transfers({ from: seller.address, to: buyer.address })).toHaveLength(1)
  const records = await Promise.all(ids.map((id) => store.get(id)))
  expect(records.filter((record) => record?.held)).toHaveLength(1)
})

test('a receiving wallet whose signature the token would ignore is found before the first refund', async () => {
  await using sandbox = await startSandbox()
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl })
  const { seller, stranger } = sandbox.wallets
  const probe = () => probeRefunds({ chain, walletPrivateKeys: [seller.privateKey] })
  await probe()
  const designator = `0xef0100${stranger.address.slice(2)}`
  await chain.rpc.request('anvil_setCode' as never, [seller.address, designator] as never)
  await expect(probe()).rejects.toMatchObject({ code: 'SIGNER_MISMATCH' })
  const walletPrivateKeys = [seller.privateKey, stranger.privateKey]
  const told: string[] = []
  await probeRefunds({
    ...{ chain, walletPrivateKeys, payee: stranger.address },
    observe: (event) => void told.push(event.name === 'alert' ? event.what : ''),
  })
  expect(told).toEqual([expect.stringContaining(seller.address)])
  chain.close()
})
