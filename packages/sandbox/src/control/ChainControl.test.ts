import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  erc20Abi,
  http,
  type PublicClient,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../startSandbox.ts'

const client = (rpcUrl: string): PublicClient =>
  createPublicClient({ transport: http(rpcUrl), cacheTime: 0 })

test('a reorganisation takes a payment away, unless it is kept', async () => {
  await using sandbox = await startSandbox()
  const { buyer, seller, gas } = sandbox.wallets
  await sandbox.fund(gas.address, { eth: 1n })
  const before = await sandbox.blockNumber()
  const payment = await pay(sandbox)
  const paid = await client(sandbox.rpcUrl).getBlock()
  await sandbox.reorg(1, { keep: [payment] })
  expect((await client(sandbox.rpcUrl).getBlock()).number).toBe(paid.number)
  expect(await sandbox.balanceOf(seller.address)).toBe(100_000_004n)

  await sandbox.mine(2)
  await sandbox.reorg(3)
  expect(await sandbox.blockNumber()).toBe(before + 3n)
  expect(await sandbox.balanceOf(seller.address)).toBe(100_000_000n)
  expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
  expect((await client(sandbox.rpcUrl).getBlock({ blockNumber: paid.number })).hash).not.toBe(
    paid.hash,
  )
  // What came before is still there, and the chain goes on.
  expect(await sandbox.ethBalanceOf(gas.address)).toBe(10n ** 19n + 1n)
  await pay(sandbox)
  expect(await sandbox.balanceOf(seller.address)).toBe(100_000_004n)
})

test('right after the start six blocks can be replaced, and the contract never', async () => {
  await using sandbox = await startSandbox()
  await sandbox.reorg(6)
  expect(await sandbox.balanceOf(sandbox.wallets.buyer.address)).toBe(1_000_000_000n)
  expect(await sandbox.ethBalanceOf(sandbox.wallets.gas.address)).toBe(10n ** 19n)
  await expect(sandbox.reorg(9)).rejects.toMatchObject({ code: 'reorg_too_deep' })
  await expect(sandbox.reorg(0)).rejects.toThrow('depth: expected a whole number, 1 or more')
  await sandbox.reorg(8)
  await pay(sandbox)
})

test('while blocks are stalled a payment waits, and can be dropped', async () => {
  await using sandbox = await startSandbox()
  const { seller } = sandbox.wallets
  await sandbox.stallBlocks()
  await sandbox.stallBlocks()
  const before = await sandbox.blockNumber()
  const dropped = await pay(sandbox)
  expect(await sandbox.dropTransaction(dropped)).toBe(true)
  expect(await sandbox.dropTransaction(dropped)).toBe(false)
  await pay(sandbox)
  await sandbox.setTime((await sandbox.timestamp()) + 1000n)
  expect(await sandbox.blockNumber()).toBe(before)
  expect(await sandbox.balanceOf(seller.address)).toBe(100_000_000n)
  await sandbox.resumeBlocks()
  expect(await sandbox.balanceOf(seller.address)).toBe(100_000_004n)
  await pay(sandbox)
  expect(await sandbox.balanceOf(seller.address)).toBe(100_000_008n)
})

test('a stall of a chain with a block time ends with the block time', async () => {
  await using sandbox = await startSandbox({ blockTimeSeconds: 1 })
  await sandbox.stallBlocks()
  await pay(sandbox)
  await sandbox.resumeBlocks()
  const payment = await pay(sandbox)
  const receipt = await client(sandbox.rpcUrl).getTransactionReceipt({ hash: payment })
  expect(receipt.status).toBe('success')
  await sandbox.intervalMining(600)
  await sandbox.stallBlocks()
  await pay(sandbox)
  await sandbox.resumeBlocks()
  expect(await sandbox.balanceOf(sandbox.wallets.seller.address)).toBe(100_000_012n)
  await sandbox.intervalMining(1)
  const at = await sandbox.blockNumber()
  await expect.poll(async () => await sandbox.blockNumber(), { timeout: 5_000 }).toBeGreaterThan(at)
})

test('without automine only mine makes blocks', async () => {
  await using sandbox = await startSandbox({ automine: false })
  await pay(sandbox)
  expect(await sandbox.transfers({ from: sandbox.wallets.buyer.address })).toEqual([])
  await sandbox.mine(3)
  expect(await sandbox.transfers({ from: sandbox.wallets.buyer.address })).toHaveLength(1)
})

test('the clock goes where it is told and on from there', async () => {
  await using sandbox = await startSandbox()
  const start = await sandbox.timestamp()
  await sandbox.setTime(start + 5_000n)
  expect(await sandbox.timestamp()).toBe(start + 5_000n)
  await sandbox.increaseTime(60)
  expect(await sandbox.timestamp()).toBeGreaterThanOrEqual(start + 5_060n)
  await sandbox.mine()
  expect(await sandbox.timestamp()).toBeLessThan(start + 5_100n)
  await expect(sandbox.increaseTime(-1)).rejects.toThrow('seconds: expected')
})

test('with an epoch of one block, finalized is two blocks behind', async () => {
  await using sandbox = await startSandbox({ slotsInAnEpoch: 1 })
  await sandbox.mine(5)
  const { number } = await client(sandbox.rpcUrl).getBlock({ blockTag: 'finalized' })
  expect(number).toBe((await sandbox.blockNumber()) - 2n)
})

test('a snapshot brings everything back, once', async () => {
  await using sandbox = await startSandbox()
  const block = await sandbox.blockNumber()
  const snapshot = await sandbox.snapshot()
  await pay(sandbox)
  await sandbox.revert(snapshot)
  expect(await sandbox.blockNumber()).toBe(block)
  expect(await sandbox.balanceOf(sandbox.wallets.seller.address)).toBe(100_000_000n)
  await expect(sandbox.revert(snapshot)).rejects.toMatchObject({ code: 'snapshot_unknown' })
})

test('a base fee can spike above what a transaction offers', async () => {
  await using sandbox = await startSandbox()
  await sandbox.setNextBaseFee(500_000_000_000n)
  await sandbox.mine()
  expect((await client(sandbox.rpcUrl).getBlock()).baseFeePerGas).toBe(500_000_000_000n)
})

async function pay(sandbox: Sandbox): Promise<`0x${string}`> {
  const { buyer, seller } = sandbox.wallets
  const { rpcUrl, chain, usdc } = sandbox
  const wallet = createWalletClient({
    account: privateKeyToAccount(buyer.privateKey),
    chain,
    transport: http(rpcUrl),
  })
  const hash = await wallet.sendTransaction({
    to: usdc.address,
    gas: 100_000n,
    data: encodeFunctionData({
      abi: erc20Abi,
      functionName: 'transfer',
      args: [seller.address, 4n],
    }),
  })
  if (await makesBlocks(sandbox)) {
    await client(rpcUrl).waitForTransactionReceipt({ hash, pollingInterval: 10 })
  }
  return hash
}

async function makesBlocks(sandbox: { rpcUrl: string }): Promise<boolean> {
  const ask = async (method: string): Promise<unknown> =>
    await client(sandbox.rpcUrl).request({ method: method as never })
  return Boolean((await ask('anvil_getAutomine')) || (await ask('anvil_getIntervalMining')))
}
