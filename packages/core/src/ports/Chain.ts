import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { Address, Hash, Hex } from '../challenge/hex.ts'
import type { PaymentRef } from '../challenge/PaymentRef.ts'
import type { Submission } from '../challenge/Submission.ts'
import type { ErrorCode } from '../errors/codes.ts'

/** How deep a block must be before we believe it. */
export type Finality = 'latest' | 'safe' | 'finalized'

/** What a payment must be. Built from our own record, never from what a client sent. */
export type Offer = {
  readonly chainId: number
  readonly token: Address
  readonly payTo: Address
  readonly value: bigint
  /** The longest we accept an authorization to live, in seconds from now. */
  readonly maxTimeoutSeconds: number
}

/** The block a fact was read at. */
export type Head = {
  readonly number: bigint
  readonly hash: Hash
  /** Unix seconds. */
  readonly time: bigint
}

/** One transfer of the token, read from the chain's own log. */
export type PaymentEvidence = {
  readonly paymentRef: PaymentRef
  readonly txHash: Hash
  readonly from: Address
  readonly to: Address
  readonly value: bigint
  readonly block: Head
}

/**
 * What the chain says about one authorization or transfer. These are different answers; none of
 * them is ever inferred from a timeout or from the text of an error.
 */
export type Sighting =
  /** The transfer asked for happened, in a block as deep as asked. */
  | { readonly kind: 'confirmed'; readonly evidence: PaymentEvidence }
  /** It happened, but its block is not yet as deep as asked. */
  | { readonly kind: 'seen'; readonly evidence: PaymentEvidence }
  /** The authorization is unused at the latest block and may still be used. */
  | { readonly kind: 'unused' }
  /** It can never pay any more: expired unused, or cancelled by its signer. */
  | { readonly kind: 'dead'; readonly cause: 'expired' | 'cancelled' }
  /** No such transaction, or it reverted or moved nothing of the token. */
  | { readonly kind: 'absent' }
  /** It was used, but not for the transfer asked for. */
  | { readonly kind: 'mismatch'; readonly facts: Readonly<Record<string, string>> }
  /** The chain could not be asked, or its nodes disagree. */
  | { readonly kind: 'unreachable'; readonly cause: unknown }

/** The answer to "would this authorization pay this offer now?". Nothing was spent to find out. */
export type Verification =
  | { readonly kind: 'valid'; readonly head: Head }
  | {
      readonly kind: 'invalid'
      readonly code: ErrorCode
      readonly facts: Readonly<Record<string, string>>
    }
  /** Its nonce is used or cancelled already: `observe` says by whom and when. */
  | { readonly kind: 'used'; readonly head: Head }
  | { readonly kind: 'unreachable'; readonly cause: unknown }

export type AuthorizationQuery = {
  readonly token: Address
  readonly from: Address
  readonly nonce: Hash
  /** The transfer it must have made. */
  readonly to: Address
  readonly value: bigint
  readonly validBefore: bigint
  /** Where to start looking for its log. */
  readonly sinceBlock: bigint
  /** Transactions known to carry it: their receipts are looked at first. */
  readonly hints?: readonly Hash[]
  /**
   * Everything that was persisted to carry it. Of a token without authorizations these transactions
   * themselves, by their gas nonces, decide whether it can still be executed.
   */
  readonly carriers?: readonly Submission[]
  readonly finality: Finality
  /** Keep looking this long before answering `unused` or `seen`; default 0. */
  readonly waitMs?: number
}

export type TransferQuery = {
  readonly txHash: Hash
  readonly token: Address
  readonly to: Address
  /** Absent: whatever it moved, when it was one transfer. */
  readonly value?: bigint
  /** When several transfers of one transaction match, the one from this account. */
  readonly from?: Address
  readonly finality: Finality
}

/** Which transfers of a token to list. At least one of `from` and `to` must be given. */
export type TransfersQuery = {
  readonly token: Address
  readonly from?: Address
  /** Several: whatever any of them received. */
  readonly to?: Address | readonly Address[]
  /** Both ends are included. */
  readonly fromBlock: bigint
  readonly toBlock: bigint
}

/** Reads one chain. Answers about it and never guesses. */
export interface Chain {
  readonly chainId: number

  /** Every check of a payment authorization against our own offer, the cheap ones first. */
  verify(offer: Offer, authorization: SignedAuthorization): Promise<Verification>

  /** Where an authorization stands. `AuthorizationUsed` plus the adjacent Transfer decide. */
  observe(query: AuthorizationQuery): Promise<Sighting>

  /**
   * What a transaction paid: one matching Transfer log of the token, never a sum. A transfer made
   * by an authorization is named by that authorization.
   */
  inspect(query: TransferQuery): Promise<Sighting>

  /**
   * Every transfer of the token in a range of blocks, each named by its own identity, in the order
   * of the chain; those of nothing are left out. Whole or not at all: when a part of the range
   * could not be read it throws `CHAIN_UNREACHABLE`.
   */
  transfers(query: TransfersQuery): Promise<readonly PaymentEvidence[]>

  /**
   * The refund that a transaction says it is, by its nonce. Only where refunds are plain transfers:
   * elsewhere `transfers` tells them apart by their names. Throws `CHAIN_UNREACHABLE`.
   */
  refundNonceOf?(txHash: Hash): Promise<Hash | undefined>

  /** The newest block as deep as `finality`, by default the latest. Throws `CHAIN_UNREACHABLE`. */
  head(finality?: Finality): Promise<Head>

  /** The last block before an instant (Unix seconds); 0 when there is none. Throws `CHAIN_UNREACHABLE`. */
  blockBefore(time: bigint): Promise<bigint>

  /**
   * Whether `address` signed `message` (EIP-191; EIP-1271 when it is a contract). Throws
   * `CHAIN_UNREACHABLE` when a contract's answer could not be had.
   */
  isSignedBy(address: Address, message: string, signature: Hex): Promise<boolean>

  /**
   * Whether the authorization's own signature is its payer's, without any regard to balance, time
   * or use: a fresh proof of who is asking. Throws `CHAIN_UNREACHABLE`.
   */
  isAuthorizedBy(token: Address, authorization: SignedAuthorization): Promise<boolean>
}
