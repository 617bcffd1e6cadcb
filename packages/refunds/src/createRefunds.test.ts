import { createEvmChain } from '@key0/chain-evm'
import { releaseHeld } from '@key0/core'
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

test('what stands against refunds is known before there is one, and said once', async () => {
  await using sandbox = await startSandbox({ wallets: ['poor'], funding: { poor: { eth: 0n } } })
  const { seller, stranger, poor, gas } = sandbox.wallets
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl })
  const of = (gasWalletPrivateKey: `0x${string}`) =>
    createRefunds({
      ...{ store: createMemoryStore(), chain, gasWalletPrivateKey },
      walletPrivateKey: [seller.privateKey, stranger.privateKey],
    })
  expect(await of(gas.privateKey).findObstacles()).toEqual([])
  const broke = `no gas wallet can pay for gas: ${poor.address}`
  expect(await of(poor.privateKey).findObstacles()).toEqual([broke])
  await sandbox.blacklist(stranger.address)
  const [, ...more] = await of(poor.privateKey).findObstacles()
  chain.close()
  expect(more).toEqual([expect.stringContaining(stranger.address)])
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

test('a stray that arrives at a wallet that sells no more is held, for a person to return', async () => {
  await using sandbox = await startSandbox()
  const store = createMemoryStore()
  const { seller, stranger, buyer, gas } = sandbox.wallets
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl })
  const [retired, sells] = [stranger, seller]
  const alerts: string[] = []
  const refunds = createRefunds({
    ...{ store, chain, payee: sells.address, presentedWithinMs: 0, minAgeMs: 0 },
    accountFromBlock: (await sandbox.blockNumber()) + 1n,
    walletPrivateKey: [sells.privateKey, retired.privateKey],
    gasWalletPrivateKey: gas.privateKey,
    finality: 'latest',
    observe: (event) => void (event.name === 'alert' && alerts.push(event.what)),
  })
  await sandbox.transfer(buyer.address, retired.address, 7n)
  await refunds.account()
  const [stray, ...others] = await store.due(new Date(8.64e15), 10, 'PAID')
  if (!stray) throw new Error('it has no record')
  expect(others).toEqual([])
  expect(stray).toMatchObject({
    ...{ destination: retired.address, amountRaw: 7n },
    held: expect.stringMatching(/no record/),
  })
  expect(alerts).toEqual([expect.stringMatching(/no record explains/)])
  expect(await refunds.run()).toEqual([])
  const ctx = { store, clock: { nowMs: () => Date.now() }, newId: () => 'id', observe: () => {} }
  await releaseHeld(ctx, stray.challengeId, { actor: 'ada', reason: 'a mistake of the sender' })
  await refunds.run()
  chain.close()
  expect(await sandbox.transfers({ from: retired.address, to: buyer.address })).toHaveLength(1)
})
