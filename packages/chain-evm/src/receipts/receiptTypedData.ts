import type { ReceiptPayload } from '@key0/core'
import type { TypedDataDefinition } from 'viem'

const types = {
  Receipt: [
    { name: 'version', type: 'uint256' },
    { name: 'network', type: 'string' },
    { name: 'resourceUrl', type: 'string' },
    { name: 'payer', type: 'string' },
    { name: 'issuedAt', type: 'uint256' },
    { name: 'transaction', type: 'string' },
  ],
} as const

/**
 * What is signed (x402's extension `offer-receipt`). The domain's chain is 1 whatever chain was paid
 * on; that one is in the message.
 */
export function receiptTypedData(
  payload: ReceiptPayload,
): TypedDataDefinition<typeof types, 'Receipt'> {
  const { version, issuedAt, ...texts } = payload
  return {
    domain: { name: 'x402 receipt', version: '1', chainId: 1 },
    types,
    primaryType: 'Receipt',
    message: { ...texts, version: BigInt(version), issuedAt: BigInt(issuedAt) },
  }
}
