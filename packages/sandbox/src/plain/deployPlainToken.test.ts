import { createPublicClient, http, parseAbi, zeroAddress } from 'viem'
import { expect, test } from 'vitest'
import { startSandbox } from '../startSandbox.ts'
import { deployPlainToken } from './deployPlainToken.ts'

test('a token that knows transfers, and neither authorizations nor permits', async () => {
  await using sandbox = await startSandbox()
  const { buyer, seller } = sandbox.wallets
  const token = await deployPlainToken(sandbox, { symbol: 'OLD', decimals: 8 })
  await token.mint(buyer.address, 100n)
  const paid = await token.transfer(buyer.address, seller.address, 30n)
  expect(await token.balanceOf(buyer.address)).toBe(70n)
  expect(await token.balanceOf(seller.address)).toBe(30n)
  expect(await token.transfers()).toEqual([
    expect.objectContaining({ from: zeroAddress, to: buyer.address, value: 100n }),
    { from: buyer.address, to: seller.address, value: 30n, transactionHash: paid },
  ])
  expect(await token.transfers({ to: seller.address })).toHaveLength(1)

  await token.setPaused(true)
  await expect(token.transfer(buyer.address, seller.address, 1n)).rejects.toThrow(/paused/)
  await token.setPaused(false)
  await expect(token.transfer(buyer.address, seller.address, 71n)).rejects.toThrow(/balance/)

  const client = createPublicClient({ chain: sandbox.chain, transport: http() })
  const abi = parseAbi([
    'function symbol() view returns (string)',
    'function decimals() view returns (uint8)',
    'function DOMAIN_SEPARATOR() view returns (bytes32)',
    'function authorizationState(address authorizer, bytes32 nonce) view returns (bool)',
  ])
  const { address } = token
  expect(await client.readContract({ address, abi, functionName: 'symbol' })).toBe('OLD')
  expect(await client.readContract({ address, abi, functionName: 'decimals' })).toBe(8)
  const separator = client.readContract({ address, abi, functionName: 'DOMAIN_SEPARATOR' })
  await expect(separator).rejects.toThrow(/revert/)
  const args = [buyer.address, `0x${'00'.repeat(32)}`] as const
  const state = client.readContract({ address, abi, functionName: 'authorizationState', args })
  await expect(state).rejects.toThrow(/revert/)
})
