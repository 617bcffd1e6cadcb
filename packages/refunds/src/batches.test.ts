import { createEvmChain, type EvmChain } from '@key0/chain-evm'
import type { ChallengeRecord, ChallengeStore } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { type RpcProxy, type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PRICE, paidUndelivered } from '../test/paidUndelivered.ts'
import { createRefunds, type Refunds } from './createRefunds.ts'

let sandbox: Sandbox
let proxy: RpcProxy
let store: ChallengeStore
const chains: EvmChain[] = []

beforeEach(async () => {
  sandbox = await startSandbox()
  proxy = await startRpcProxy({ target: sandbox.rpcUrl })
  store = createMemoryStore()
})
afterEach(async () => {
  for (const chain of chains.splice(0)) chain.close()
  await proxy.close()
  await sandbox.stop()
})

/** A worker's process: its own connection, and so its own gas nonces. */
async function startWorker(id: number, more: Partial<Parameters<typeof createRefunds>[0]> = {}) {
  const rpcUrls = `${proxy.url}/?worker=${id}`
  const chain = await createEvmChain({ network: 'testnet', rpcUrls, pollingMs: 25 })
  chains.push(chain)
  const walletPrivateKey = sandbox.wallets.seller.privateKey
  const gasWalletPrivateKey = sandbox.wallets.gas.privateKey
  const options = { store, chain, walletPrivateKey, gasWalletPrivateKey, waitMs: 5_000, ...more }
  return createRefunds(options)
}

async function owe(count: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) ids.push(await paidUndelivered(sandbox, store))
  return ids
}

const readAll = async (ids: readonly string[]): Promise<readonly ChallengeRecord[]> =>
  await Promise.all(ids.map(async (id) => (await store.get(id)) as ChallengeRecord))

const refundsMade = async () => await sandbox.transfers({ from: sandbox.wallets.seller.address })

test('sixty buyers who got nothing are made whole in two transactions', async () => {
  const ids = await owe(60)
  const results = await (await startWorker(1)).run()
  expect(results.map(({ success }) => success)).toEqual(Array(60).fill(true))
  const records = await readAll(ids)
  expect(new Set(records.map(({ state }) => state))).toEqual(new Set(['REFUNDED']))
  const made = await refundsMade()
  expect(made.map(({ value }) => value)).toEqual(Array(60).fill(PRICE))
  const hashes = new Set(made.map(({ transactionHash }) => transactionHash))
  expect(hashes.size).toBe(2)
  expect(new Set(records.map(({ refundTxHash }) => refundTxHash))).toEqual(hashes)
  // Every record knew its carrier.
  for (const { refund, refundTxHash } of records)
    expect(refund?.carriers.map(({ txHash }) => txHash)).toEqual([refundTxHash])
})

test('a worker that died between the records and the chain is continued by the next', async () => {
  const ids = await owe(5)
  // Nothing that it sends arrives.
  const rule = proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
  const dying = await (await startWorker(1, { waitMs: 50 })).run()
  expect(dying.map((it) => !it.success && it.pending)).toEqual(Array(5).fill(true))
  rule.remove()
  const [hash, ...others] = new Set(
    (await readAll(ids)).map(({ refund }) => refund?.carriers.at(-1)?.txHash),
  )
  expect(others).toEqual([])

  proxy.clearCalls()
  const clock = { nowMs: () => Date.now() + 10_000 }
  const results = await (await startWorker(2, { clock })).run()
  expect(results.map((it) => it.success && it.refundTxHash)).toEqual(Array(5).fill(hash))
  expect(proxy.count('eth_sendRawTransaction')).toBe(1)
  expect(await refundsMade()).toHaveLength(5)
})

test('a buyer who cannot be paid now keeps nobody’s money, and gets it later', async () => {
  const { buyer, stranger } = sandbox.wallets
  const ids = await owe(3)
  await sandbox.transfer(buyer.address, stranger.address, PRICE)
  const wallets = { ...sandbox.wallets, buyer: { ...stranger, name: 'buyer' as const } }
  const late = await paidUndelivered({ ...sandbox, wallets }, store)
  await sandbox.stallBlocks()
  const worker: Refunds = await startWorker(1)
  const running = worker.run()
  await proxy.waitForCall('eth_sendRawTransaction', { until: 'settled' })
  await sandbox.blacklist(stranger.address)
  await sandbox.resumeBlocks()
  const results = await running
  expect(results.map(({ success }) => success)).toEqual([true, true, true, false])
  expect((await readAll(ids)).map(({ state }) => state)).toEqual(Array(3).fill('REFUNDED'))
  expect(await store.get(late)).toMatchObject({ state: 'REFUND_PENDING' })

  await sandbox.unblacklist(stranger.address)
  const clock = { nowMs: () => Date.now() + 60_000 }
  const [again] = await (await startWorker(2, { clock })).run()
  expect(again).toMatchObject({ challengeId: late, success: true })
  expect(await refundsMade()).toHaveLength(4)
})
