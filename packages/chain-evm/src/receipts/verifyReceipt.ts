import { type Address, type Hex, type ReceiptPayload, sameAddress } from '@key0/core'
import { recoverTypedDataAddress } from 'viem'
import { receiptTypedData } from './receiptTypedData.ts'

/**
 * What a receipt is worth. `foreign`: as it stands, this signer did not sign it; somebody else did,
 * or it was changed. `malformed`: it is no receipt that names its transaction.
 */
export type ReceiptVerdict =
  | { readonly kind: 'genuine'; readonly payload: ReceiptPayload }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed' }

/**
 * Verifies a receipt of x402's extension `offer-receipt` (EIP-712). Offline: whether its transaction
 * is on the chain is a second question, to any node. Never throws.
 *
 * @param receipt As it came, from anybody.
 * @param by `signer`: the seller's address for receipts, learnt elsewhere than from the receipt.
 */
export async function verifyReceipt(
  receipt: unknown,
  by: { readonly signer: Address },
): Promise<ReceiptVerdict> {
  const read = readReceipt(receipt)
  if (read === undefined) return { kind: 'malformed' }
  const { payload, signature } = read
  try {
    const signer = await recoverTypedDataAddress({ ...receiptTypedData(payload), signature })
    return sameAddress(signer, by.signer) ? { kind: 'genuine', payload } : { kind: 'foreign' }
  } catch {
    // No point of the curve: nobody signed this.
    return { kind: 'foreign' }
  }
}

type Read = { readonly payload: ReceiptPayload; readonly signature: Hex }

/** Only what is signed: whatever else stands in a payload is nobody's word. */
function readReceipt(receipt: unknown): Read | undefined {
  const { format, payload, signature } = toFields(receipt)
  const { version, network, resourceUrl, payer, issuedAt, transaction } = toFields(payload)
  const isWhole =
    format === 'eip712' &&
    isHex(signature, 65) &&
    version === 1 &&
    typeof network === 'string' &&
    typeof resourceUrl === 'string' &&
    isHex(payer, 20) &&
    typeof issuedAt === 'number' &&
    Number.isSafeInteger(issuedAt) &&
    issuedAt >= 0 &&
    isHex(transaction, 32)
  if (!isWhole) return undefined
  return { payload: { version, network, resourceUrl, payer, issuedAt, transaction }, signature }
}

function toFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function isHex(value: unknown, bytes: number): value is Hex {
  return typeof value === 'string' && new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(value)
}
