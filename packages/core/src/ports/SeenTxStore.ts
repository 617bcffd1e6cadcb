import type { Hash } from '../challenge/hex.ts'

/**
 * A replay store a seller may bring, beside the claims the challenge store keeps. Every payment is
 * claimed in it by its transaction, whether a signature or its payer brought it there. It must be
 * atomic: of concurrent callers with one hash exactly one may be told `true`.
 */
export interface SeenTxStore {
  /** Claims a transaction for a challenge; `false` when it was claimed before. */
  markUsed(txHash: Hash, challengeId: string): Promise<boolean>
  /** The challenge that claimed it, if any. */
  get(txHash: Hash): Promise<string | undefined>
}

/** The name the specification uses. */
export type ISeenTxStore = SeenTxStore
