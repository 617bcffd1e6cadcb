import type { Address, Hash, PaymentRef } from '@key0/core'
import { encodeAbiParameters, keccak256, parseAbiParameters } from 'viem'

const parameters = parseAbiParameters('string, uint256, address, string, uint256')

/**
 * The EIP-3009 nonce of a refund: keccak256 over the ABI encoding of ("key0/refund/v1", chain id,
 * token, paymentRef, sequence). A function of the payment alone, so that the token itself refuses
 * the second refund, however many workers, retries or restored backups ask for it.
 */
export function refundNonce(of: {
  readonly chainId: number
  readonly token: Address
  readonly paymentRef: PaymentRef
  readonly sequence: number
}): Hash {
  const { chainId, token, paymentRef, sequence } = of
  const values = ['key0/refund/v1', BigInt(chainId), token, paymentRef, BigInt(sequence)] as const
  return keccak256(encodeAbiParameters(parameters, values))
}
