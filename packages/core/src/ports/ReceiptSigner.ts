import type { Address, Hash, Hex } from '../challenge/hex.ts'

/** What a receipt says (x402's extension `offer-receipt`): who paid for what, and was served when. */
export type ReceiptPayload = {
  readonly version: 1
  /** CAIP-2, such as `"eip155:8453"`. */
  readonly network: string
  readonly resourceUrl: string
  readonly payer: Address
  /** When it was delivered, in Unix seconds. */
  readonly issuedAt: number
  /** What paid for it, for anybody to look up on the chain. */
  readonly transaction: Hash
}

export type SignedReceipt = {
  readonly format: 'eip712'
  readonly payload: ReceiptPayload
  readonly signature: Hex
}

/** Signs receipts, with a key that holds no money and is needed for nothing else. */
export interface ReceiptSigner {
  /** Whose signature it is: what somebody who verifies a receipt must know. */
  readonly address: Address
  /** The same payload gets the same signature. A buyer's answer waits for it. */
  sign(payload: ReceiptPayload): Promise<SignedReceipt>
}
