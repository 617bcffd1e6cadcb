import type { Hash } from './hex.ts'

/** What the buyer of a plan receives. Stored before it is sent, and sent again on request. */
export type AccessGrant = {
  readonly type: 'AccessGrant'
  readonly challengeId: string
  readonly requestId: string
  readonly resourceId: string
  readonly planId: string
  /** The credential itself, or its JSON text when the backend answered with an object. */
  readonly accessToken: string
  readonly tokenType: string
  /** ISO 8601, or absent when the issuer named no end. */
  readonly expiresAt?: string
  readonly txHash: Hash
  readonly explorerUrl?: string
  /** Where the credential is used, when the seller configured it. */
  readonly resourceEndpoint?: string
  /** Whatever else the seller's backend answered, passed through unchanged. */
  readonly credential?: unknown
}
