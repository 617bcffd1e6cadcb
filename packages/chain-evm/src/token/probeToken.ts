import { Key0Error } from '@key0/core'
import { domainSeparator } from 'viem'
import type { ChainRow, TokenRow } from '../chains/ChainRow.ts'
import type { Rpc } from '../rpc/Rpc.ts'
import { isRevert } from '../rpc/RpcError.ts'
import { toChainUnreachable } from '../rpc/toChainUnreachable.ts'
import { readView } from './callToken.ts'

/**
 * Reads a token's name, version, decimals and EIP-712 domain separator from its contract and
 * compares them with the row. A wrong name would make every honest signature fail.
 *
 * @throws CHAIN_MISMATCH with the field, what was expected and what was found; CHAIN_UNREACHABLE.
 */
export async function probeToken(
  chain: { readonly row: ChainRow; readonly rpc: Rpc },
  token: TokenRow = chain.row.tokens[0],
): Promise<void> {
  const { rpc, row } = chain
  const { address, domain, decimals } = token
  const separator = domainSeparator({
    domain: { ...domain, chainId: row.id, verifyingContract: address },
  })
  const expected = { name: domain.name, version: domain.version, decimals, separator }
  const found = await Promise.all([
    orNothing(readView(rpc, address, 'name', [])),
    orNothing(readView(rpc, address, 'version', [])),
    orNothing(readView(rpc, address, 'decimals', [])),
    orNothing(readView(rpc, address, 'DOMAIN_SEPARATOR', [])),
  ]).catch((error: unknown) => {
    throw toChainUnreachable(error)
  })
  for (const [index, [field, wanted]] of Object.entries(expected).entries()) {
    const answer = String(found[index] ?? 'nothing')
    if (answer === String(wanted)) continue
    const facts = { field: `token.${field}`, expected: String(wanted), found: answer }
    throw new Key0Error('CHAIN_MISMATCH', { facts: { token: address, ...facts } })
  }
}

/** A contract that has no such function is one more difference, not a failure to ask. */
async function orNothing<value>(reading: Promise<value>): Promise<value | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isRevert(error)) return undefined
    throw error
  }
}
