import type { Address, Hash } from '@key0/core'
import { encodeAbiParameters, keccak256, parseAbiParameters } from 'viem'

const parameters = parseAbiParameters('string, uint256, address, string')

/**
 * The EIP-3009 nonce of a payment that somebody names by a key of his own: keccak256 over the ABI
 * encoding of ("key0/send/v1", chain id, token, key). Asked for twice, the token pays once. It is
 * never a refund's.
 */
export function keyNonce(of: {
  readonly chainId: number
  readonly token: Address
  readonly key: string
}): Hash {
  const { chainId, token, key } = of
  const values = ['key0/send/v1', BigInt(chainId), token, key] as const
  return keccak256(encodeAbiParameters(parameters, values))
}
