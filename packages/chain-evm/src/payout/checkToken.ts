import { Key0Error, sameAddress } from '@key0/core'
import type { EvmChain } from '../chain/EvmChain.ts'

/** @throws CHAIN_MISMATCH for another token than the chain's */
export function checkToken(chain: EvmChain, token: string): void {
  if (sameAddress(token, chain.token.address)) return
  const facts = { field: 'token', expected: chain.token.address, found: token }
  throw new Key0Error('CHAIN_MISMATCH', { facts })
}
