import type { Address, Hash, Hex, Journal, Submission, Submitted } from '@key0/core'

/** A call that a sender brings to the chain. */
export type SenderCall = {
  readonly to: Address
  readonly data: Hex
  readonly gas: bigint
}

/** A submission that a sender made. */
export type SentTransaction = Extract<Submission, { readonly via: 'gas-wallet' }>

/** What a node said to a raw transaction. It decides nothing about what the chain will do. */
export type BroadcastReply =
  /** It is in the node's pool. */
  | { readonly kind: 'accepted' }
  /** Its gas nonce is used up: by itself, if it was mined, or by another transaction. */
  | { readonly kind: 'spent' }
  /** Another transaction with its gas nonce is in the pool and offers as much. */
  | { readonly kind: 'taken' }
  /** The node will not take it as it is: no gas money, or fees too low. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Anything else, an unreachable node included. */
  | { readonly kind: 'unknown'; readonly reason: string }

/**
 * One account's lane of gas nonces on one chain. Transactions are signed, journalled and
 * broadcast side by side in consecutive nonces; one block can carry them all.
 */
export type Sender = {
  readonly address: Address
  readonly chainId: number
  /** Sends a call in the lane's next gas nonce. Rejects with the journal's own error. */
  readonly send: (call: SenderCall, journal: Journal) => Promise<Submitted>
  /**
   * The same in one gas nonce and no other, for a call that must not be made twice: when its nonce
   * goes to another transaction, that is `unknown`.
   */
  readonly sendOnce: (call: SenderCall, journal: Journal) => Promise<Submitted>
  /** Hands out the bytes of an earlier transaction again, whoever made it. */
  readonly rebroadcast: (rawTransaction: Hex) => Promise<BroadcastReply>
  /** The same call in the same gas nonce as an earlier transaction, for a higher fee. */
  readonly replace: (
    sent: SentTransaction,
    call: SenderCall,
    journal: Journal,
  ) => Promise<Submitted>
  /** Gas nonces handed out and not known to be mined yet. */
  readonly inFlight: () => readonly { readonly gasNonce: number; readonly txHash: Hash }[]
  /** The account's balance for gas, in wei. Throws what `Rpc.request` throws. */
  readonly gasBalance: () => Promise<bigint>
  /** What `gas` would cost at most now, in wei. */
  readonly priceOf: (gas: bigint) => bigint
  /** Ends the upkeep of transactions in flight. */
  readonly close: () => void
}
