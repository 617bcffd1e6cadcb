import {
  type Address,
  concat,
  domainSeparator,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  maxUint256,
  numberToHex,
} from 'viem'
import { readContract } from 'viem/actions'
import { type Rpc, sendAsRole, waitForTransaction } from '../Rpc.ts'
import { SandboxError } from '../SandboxError.ts'
import { roleAddress } from '../Wallet.ts'
import { fiatTokenAbi, link, readCreationCode } from './fiatToken.ts'
import type { Usdc } from './Usdc.ts'

// keccak256 of "org.zeppelinos.proxy.implementation" and of "org.zeppelinos.proxy.admin": the only
// storage that the proxy's constructor writes.
const proxySlots: readonly Hex[] = [
  '0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3',
  '0x10d6a54a4754c8869d6886b5f5d7fbfa5b4522237ea5c60d11bc4e7a1ff9390b',
]

/**
 * Puts Circle's own FiatTokenV2_2 behind Circle's own proxy at the address that the chain's real
 * USDC has, and initialises it as the live one was: `initialize`, then V2, V2_1 and V2_2.
 * All three contracts are deployed by their creation code; only the proxy is then moved, because
 * an address cannot be chosen. What results is read back from the chain.
 *
 * @throws {SandboxError} `usdc_misplaced` when the contract does not answer as the live one does.
 */
export async function placeUsdc(rpc: Rpc, usdc: Usdc): Promise<void> {
  const checker = await deploy(rpc, readCreationCode('SignatureChecker').bytecode)
  const token = await deploy(
    rpc,
    link(readCreationCode('FiatTokenV2_2'), 'SignatureChecker', checker),
  )
  const proxy = await deploy(
    rpc,
    concat([
      readCreationCode('FiatTokenProxy').bytecode,
      encodeAbiParameters([{ type: 'address' }], [token]),
    ]),
  )
  await moveProxy(rpc, proxy, usdc.address)
  await initialise(rpc, usdc)
  await verify(rpc, usdc)
}

async function deploy(rpc: Rpc, code: Hex): Promise<Address> {
  // The proxy's admin is its deployer, and an admin cannot reach the token behind the proxy.
  const hash = await sendAsRole(rpc, 'proxyAdmin', { data: code })
  const { contractAddress } = await waitForTransaction(rpc, hash)
  if (contractAddress === null) {
    throw new SandboxError('usdc_misplaced', `the transaction ${hash} deployed no contract`)
  }
  return contractAddress
}

async function moveProxy(rpc: Rpc, from: Address, to: Address): Promise<void> {
  const code = await rpc.request<Hex>('eth_getCode', [from, 'latest'])
  await rpc.request('anvil_setCode', [to, code])
  await rpc.request('anvil_setNonce', [to, numberToHex(1)])
  for (const slot of proxySlots) {
    const value = await rpc.request<Hex>('eth_getStorageAt', [from, slot, 'latest'])
    await rpc.request('anvil_setStorageAt', [to, slot, value])
  }
}

async function initialise(rpc: Rpc, usdc: Usdc): Promise<void> {
  const { address: to, symbol, decimals } = usdc
  const { name } = usdc.domain
  const owner = roleAddress('owner')
  const initialize = encodeFunctionData({
    abi: fiatTokenAbi,
    functionName: 'initialize',
    args: [
      name,
      symbol,
      'USD',
      decimals,
      roleAddress('masterMinter'),
      roleAddress('pauser'),
      roleAddress('blacklister'),
      owner,
    ],
  })
  const upgrades = [
    encodeFunctionData({ abi: fiatTokenAbi, functionName: 'initializeV2', args: [name] }),
    encodeFunctionData({ abi: fiatTokenAbi, functionName: 'initializeV2_1', args: [owner] }),
    encodeFunctionData({ abi: fiatTokenAbi, functionName: 'initializeV2_2', args: [[], symbol] }),
  ]
  for (const data of [initialize, ...upgrades]) {
    await sendAsRole(rpc, 'masterMinter', { to, data })
  }
  const allow = encodeFunctionData({
    abi: fiatTokenAbi,
    functionName: 'configureMinter',
    args: [roleAddress('minter'), maxUint256],
  })
  await sendAsRole(rpc, 'masterMinter', { to, data: allow })
}

async function verify(rpc: Rpc, usdc: Usdc): Promise<void> {
  const { address, domain } = usdc
  const call = { address, abi: fiatTokenAbi } as const
  const found = {
    name: await readContract(rpc.client, { ...call, functionName: 'name' }),
    symbol: await readContract(rpc.client, { ...call, functionName: 'symbol' }),
    version: await readContract(rpc.client, { ...call, functionName: 'version' }),
    decimals: await readContract(rpc.client, { ...call, functionName: 'decimals' }),
    separator: await readContract(rpc.client, { ...call, functionName: 'DOMAIN_SEPARATOR' }),
  }
  const expected = {
    name: domain.name,
    symbol: usdc.symbol,
    version: domain.version,
    decimals: usdc.decimals,
    separator: domainSeparator({ domain }),
  }
  for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
    if (found[key] !== expected[key]) {
      throw new SandboxError(
        'usdc_misplaced',
        `the USDC contract at ${address} has ${key} ${found[key]}, expected ${expected[key]}`,
      )
    }
  }
}
