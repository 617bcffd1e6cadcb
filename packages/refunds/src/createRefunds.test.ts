import { createEvmChain } from '@key0/chain-evm'
import { createMemoryStore } from '@key0/core/memory'
import { startSandbox } from '@key0/sandbox'
import { expect, test } from 'vitest'
import { paidUndelivered } from '../test/paidUndelivered.ts'
import { createRefunds } from './createRefunds.ts'

/** Where chains keep the contract that carries many refunds in one transaction. */
const MULTICALL = '0xcA11bde05977b3631167028862bE2a173976CA11'

test('refunds that begin at once go out from all gas wallets; the seller needs none', async () => {
  await using sandbox = await startSandbox({ wallets: ['gas2'], funding: { seller: { eth: 0n } } })
  const store = createMemoryStore()
  const ids: string[] = []
  for (let made = 0; made < 4; made += 1) ids.push(await paidUndelivered(sandbox, store))
  const { seller, buyer, gas, gas2 } = sandbox.wallets
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl })
  await chain.rpc.request('anvil_setCode', [MULTICALL, '0x'])
  const refunds = createRefunds({
    store,
    chain,
    walletPrivateKey: [seller.privateKey],
    gasWalletPrivateKey: [gas.privateKey, gas2.privateKey],
  })
  const results = await refunds.run()
  chain.close()
  expect(results.map(({ success }) => success)).toEqual([true, true, true, true])
  expect(await sandbox.transfers({ from: seller.address, to: buyer.address })).toHaveLength(4)
  const records = await Promise.all(ids.map((id) => store.get(id)))
  const carriers = records.flatMap((record) => record?.refund?.carriers ?? [])
  const senders = carriers.map((it) => ('sender' in it ? it.sender.toLowerCase() : 'nobody'))
  expect(new Set(senders)).toEqual(new Set([gas.address.toLowerCase(), gas2.address.toLowerCase()]))
})

test('a refund comes from the wallet that was paid, also after a change of wallets', async () => {
  await using sandbox = await startSandbox()
  const store = createMemoryStore()
  const id = await paidUndelivered(sandbox, store)
  const { seller, stranger, buyer, gas } = sandbox.wallets
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl })
  const refunds = createRefunds({
    store,
    chain,
    walletPrivateKey: [stranger.privateKey, seller.privateKey],
    payee: stranger.address,
    gasWalletPrivateKey: gas.privateKey,
  })
  await refunds.run()
  chain.close()
  expect(await store.get(id)).toMatchObject({ state: 'REFUNDED' })
  expect(await sandbox.transfers({ from: seller.address, to: buyer.address })).toHaveLength(1)
})
