import { type Address, Key0Error } from '@key0/core'
import { domainSeparator, encodeFunctionData, type Hex, zeroAddress, zeroHash } from 'viem'
import type { ChainRow, TokenRow } from '../chains/ChainRow.ts'
import type { Rpc } from '../rpc/Rpc.ts'
import { isRevert } from '../rpc/RpcError.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { readView } from './callToken.ts'
import { tokenAbi } from './tokenAbi.ts'

/** What a contract must answer, by the name under which a difference is told. */
type Expectation = { readonly field: string; readonly expected: string; readonly found: string }

/**
 * Reads a token's name, version, decimals and EIP-712 domain separator from its contract, looks
 * whether it has the functions of EIP-3009, and compares all that with the row. A wrong name would
 * make every honest signature fail. Of a token whose row says `transfer` only the decimals are
 * asked, and that it knows no authorizations: with them, its row would give protection away.
 *
 * @throws CHAIN_MISMATCH with the field, what was expected and what was found; CHAIN_UNREACHABLE.
 */
export async function probeToken(
  chain: { readonly row: ChainRow; readonly rpc: Rpc },
  token: TokenRow = chain.row.tokens[0],
): Promise<void> {
  const expectations = await readExpectations(chain, token).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  const wrong = expectations.find(({ expected, found }) => expected !== found)
  if (!wrong) return
  const { field, expected, found } = wrong
  const facts = { token: token.address, field: `token.${field}`, expected, found }
  throw new Key0Error('CHAIN_MISMATCH', { facts })
}

async function readExpectations(
  { rpc, row }: { readonly row: ChainRow; readonly rpc: Rpc },
  token: TokenRow,
): Promise<readonly Expectation[]> {
  const { address, decimals } = token
  const [foundDecimals, foundMethod] = await Promise.all([
    tell(readView(rpc, address, 'decimals', [])),
    readTransferMethod(rpc, address),
  ])
  const method = { field: 'transferMethod', expected: token.transferMethod, found: foundMethod }
  const decimal = { field: 'decimals', expected: String(decimals), found: foundDecimals }
  if (token.transferMethod === 'transfer') return [decimal, method]
  const { name, version } = token.domain
  const domain = { name, version, chainId: row.id, verifyingContract: address }
  const [foundName, foundVersion, separator] = await Promise.all([
    tell(readView(rpc, address, 'name', [])),
    tell(readView(rpc, address, 'version', [])),
    tell(readView(rpc, address, 'DOMAIN_SEPARATOR', [])),
  ])
  return [
    { field: 'name', expected: name, found: foundName },
    { field: 'version', expected: version, found: foundVersion },
    decimal,
    { field: 'separator', expected: domainSeparator({ domain }), found: separator },
    method,
  ]
}

/**
 * Whether the contract has the two functions of EIP-3009 that are used. Called with nonsense, one
 * that is there refuses with words; one that is not there is refused without any.
 */
async function readTransferMethod(rpc: Rpc, to: Address): Promise<TokenRow['transferMethod']> {
  const state = await tell(readView(rpc, to, 'authorizationState', [zeroAddress, zeroHash]))
  if (state !== 'false') return 'transfer'
  const args = [zeroAddress, zeroAddress, 0n, 0n, 0n, zeroHash, '0x'] as const
  const data = encodeFunctionData({
    abi: tokenAbi,
    functionName: 'transferWithAuthorization',
    args,
  })
  try {
    await rpc.request<Hex>('eth_call', [{ to, data }, 'latest'])
    return 'transfer'
  } catch (error) {
    if (!isRevert(error)) throw error
    const hasWords = (error.data ?? '0x') !== '0x' || /revert(ed)?:? +\S/i.test(error.message)
    return hasWords ? 'eip3009' : 'transfer'
  }
}

/** A contract that has no such function is one more difference, not a failure to ask. */
async function tell(reading: Promise<unknown>): Promise<string> {
  try {
    return String(await reading)
  } catch (error) {
    if (isRevert(error)) return 'nothing'
    throw error
  }
}
