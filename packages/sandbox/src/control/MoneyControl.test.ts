import { createWalletClient, type Hex, http, maxUint256, parseAbi, publicActions } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type SignedTransferAuthorization,
  signTransferAuthorization,
} from '../signTransferAuthorization.ts'
import { type Sandbox, startSandbox } from '../startSandbox.ts'

const bytesAbi = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
])
const vrsAbi = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
])

let sandbox: Sandbox
let clean: Hex
beforeAll(async () => {
  sandbox = await startSandbox()
  clean = await sandbox.snapshot()
})
beforeEach(async () => {
  await sandbox.revert(clean)
  clean = await sandbox.snapshot()
})
afterAll(async () => await sandbox.stop())

const sign = async (
  options: { value?: bigint; validBefore?: bigint; validAfter?: bigint; nonce?: Hex } = {},
): Promise<SignedTransferAuthorization> =>
  await sandbox.signTransferAuthorization({
    privateKey: sandbox.wallets.buyer.privateKey,
    to: sandbox.wallets.seller.address,
    value: 250_000n,
    ...options,
  })

const relayer = () =>
  createWalletClient({
    account: privateKeyToAccount(sandbox.wallets.gas.privateKey),
    chain: sandbox.chain,
    transport: http(),
    pollingInterval: 20,
  }).extend(publicActions)

const fields = ({ authorization: it }: SignedTransferAuthorization) =>
  [it.from, it.to, it.value, it.validAfter, it.validBefore, it.nonce] as const

test("a relayer's own signed transaction moves the buyer's money, by both functions", async () => {
  const client = relayer()
  const { buyer, seller } = sandbox.wallets
  const one = await sign()
  const two = await sign()
  const address = sandbox.usdc.address
  const functionName = 'transferWithAuthorization'
  const args = [...fields(one), one.signature] as const
  const first = await client.writeContract({ address, abi: bytesAbi, functionName, args })
  await client.waitForTransactionReceipt({ hash: first })
  const parts = [...fields(two), two.v, two.r, two.s] as const
  const second = await client.writeContract({ address, abi: vrsAbi, functionName, args: parts })
  await client.waitForTransactionReceipt({ hash: second })
  expect(await sandbox.balanceOf(seller.address)).toBe(100_500_000n)
  expect(await sandbox.balanceOf(buyer.address)).toBe(999_500_000n)
  expect(await sandbox.transfers({ from: buyer.address, to: seller.address })).toMatchObject([
    { transactionHash: first, value: 250_000n },
    { transactionHash: second, value: 250_000n },
  ])
})

test.each(['bytes', 'vrs'] as const)(
  'submitAuthorization pays by the %s function',
  async (overload) => {
    const signed = await sign()
    const { from, nonce } = signed.authorization
    expect(await sandbox.authorizationState(from, nonce)).toBe(false)
    await sandbox.submitAuthorization(signed, { overload })
    expect(await sandbox.authorizationState(from, nonce)).toBe(true)
    expect(await sandbox.balanceOf(sandbox.wallets.seller.address)).toBe(100_250_000n)
  },
)

test('the contract refuses a nonce that was used', async () => {
  const nonce: Hex = `0x${'ab'.repeat(32)}`
  await sandbox.submitAuthorization(await sign({ nonce }))
  const again = await sign({ nonce, value: 1n })
  await expect(sandbox.submitAuthorization(again)).rejects.toThrow('used or canceled')
  expect(await sandbox.balanceOf(sandbox.wallets.seller.address)).toBe(100_250_000n)
})

test('the contract refuses a signature for another name, chain, payer or amount', async () => {
  const { buyer, buyer2, seller } = sandbox.wallets
  const base = {
    privateKey: buyer.privateKey,
    to: seller.address,
    value: 1n,
    validBefore: maxUint256,
  }
  const { domain } = sandbox.usdc
  const forged = [
    await signTransferAuthorization({ ...base, domain: { ...domain, name: 'USD Coin' } }),
    await signTransferAuthorization({ ...base, domain: { ...domain, chainId: 8453 } }),
    await signTransferAuthorization({ ...base, domain, from: buyer2.address }),
  ]
  const honest = await sign()
  forged.push({ ...honest, authorization: { ...honest.authorization, value: 250_001n } })
  for (const signed of forged) {
    await expect(sandbox.submitAuthorization(signed)).rejects.toThrow('invalid signature')
  }
  expect(await sandbox.transfers({ to: seller.address, fromBlock: 21n })).toEqual([])
})

test('an authorization holds within its time only', async () => {
  const now = await sandbox.timestamp()
  const late = await sign({ validBefore: now + 60n })
  const early = await sign({ validAfter: now + 60n, validBefore: now + 600n })
  await expect(sandbox.submitAuthorization(early)).rejects.toThrow('not yet valid')
  await sandbox.increaseTime(61)
  await expect(sandbox.submitAuthorization(late)).rejects.toThrow('expired')
  await sandbox.submitAuthorization(early)
})

test('by default an authorization is valid for five minutes of the chain', async () => {
  await sandbox.increaseTime(86_400)
  const { authorization } = await sign()
  expect(authorization.validBefore).toBe((await sandbox.timestamp()) + 300n)
})

test('a blacklisted buyer pays nothing, until it is taken off the list', async () => {
  const { buyer } = sandbox.wallets
  const signed = await sign()
  await sandbox.blacklist(buyer.address)
  await expect(sandbox.submitAuthorization(signed)).rejects.toThrow('account is blacklisted')
  await sandbox.unblacklist(buyer.address)
  await sandbox.submitAuthorization(signed)
})

test('a paused contract moves nothing, until it is unpaused', async () => {
  const signed = await sign()
  await sandbox.pause()
  await expect(sandbox.submitAuthorization(signed)).rejects.toThrow('Pausable: paused')
  await expect(sandbox.mint(sandbox.wallets.buyer.address, 1n)).rejects.toMatchObject({
    code: 'transaction_reverted',
  })
  await sandbox.unpause()
  await sandbox.submitAuthorization(signed)
})

test('during a stall the administrator acts before what waits', async () => {
  const { buyer, seller, stranger } = sandbox.wallets
  await sandbox.stallBlocks()
  const payment = await sandbox.transfer(buyer.address, seller.address, 9n)
  await sandbox.blacklist(buyer.address)
  await sandbox.mint(stranger.address, 3n)
  expect(await sandbox.balanceOf(stranger.address)).toBe(0n)
  await sandbox.resumeBlocks()
  expect(await relayer().getTransactionReceipt({ hash: payment })).toMatchObject({
    status: 'reverted',
  })
  expect(await sandbox.balanceOf(stranger.address)).toBe(3n)
  expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
})

test('fund adds to what is there', async () => {
  const { address } = sandbox.wallets.stranger
  await sandbox.fund(address, { eth: 5n, usdc: 6n })
  await sandbox.fund(address, { eth: 5n, usdc: 6n })
  expect(await sandbox.ethBalanceOf(address)).toBe(10n ** 19n + 10n)
  expect(await sandbox.balanceOf(address)).toBe(12n)
  await expect(sandbox.fund(address, { usdc: -1n })).rejects.toThrow('usdc: expected a bigint')
  await expect(sandbox.mint(address, 1 as unknown as bigint)).rejects.toThrow('expected a bigint')
})
