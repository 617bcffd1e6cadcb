import type { Hash } from '../challenge/hex.ts'

/** What a payer signs (EIP-191) to be handed again what it paid for. */
export function resultProofMessage(challengeId: string, signedAt: Date): string {
  return `Key0 result\nChallenge: ${challengeId}\nSigned at: ${signedAt.toISOString()}`
}

/**
 * What a payer signs (EIP-191) to show that a mined transfer is theirs to present: anybody can
 * read a transaction's hash, only its payer can sign this.
 */
export function payerProofMessage(challengeId: string, txHash: Hash): string {
  return `Key0 payment proof\nChallenge: ${challengeId}\nTransaction: ${txHash.toLowerCase()}`
}
