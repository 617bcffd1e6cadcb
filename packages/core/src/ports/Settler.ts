import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { Address, Hash } from '../challenge/hex.ts'
import type { Submission } from '../challenge/Submission.ts'
import type { Offer, Verification } from './Chain.ts'

/** Persists a submission. Nothing may leave the process before it has resolved. */
export type Journal = (submission: Submission) => Promise<void>

/**
 * What a submitter believes it did. None of this decides anything: the chain does. `refused`
 * means that provably nothing was handed to anybody.
 */
export type Submitted =
  | { readonly kind: 'submitted'; readonly txHash?: Hash }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

/**
 * Brings an authorization to the chain: by our own gas wallet, or by a facilitator. Submitting
 * the same authorization again, here or elsewhere, is harmless: its nonce executes once.
 */
export interface Settler {
  readonly kind: 'gas-wallet' | 'facilitator'

  /** Asked before an intent exists, after `Chain.verify`. A facilitator's `/verify`. */
  precheck?(offer: Offer, authorization: SignedAuthorization): Promise<Verification>

  submit(
    request: {
      readonly token: Address
      readonly offer: Offer
      readonly authorization: SignedAuthorization
      /** Earlier submissions: the same bytes go out again before new ones are made. */
      readonly previous: readonly Submission[]
    },
    journal: Journal,
  ): Promise<Submitted>
}
