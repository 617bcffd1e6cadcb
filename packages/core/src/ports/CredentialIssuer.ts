import type { Address, Hash } from '../challenge/hex.ts'

/** What an issuer is told about the purchase. */
export type CredentialRequest = {
  readonly challengeId: string
  readonly requestId: string
  readonly clientAgentId: string
  readonly resourceId: string
  readonly planId: string
  /** The price as written, such as `"$0.10"`. */
  readonly amount: string
  readonly amountRaw: bigint
  readonly chainId: number
  readonly txHash: Hash
  readonly fromAddress: Address
  /** The same for every attempt at this purchase: an issuer must issue at most once per key. */
  readonly idempotencyKey: string
}

export type Credential = {
  readonly accessToken: string
  readonly tokenType: string
  readonly expiresAt?: Date
  /** The backend's whole answer, when it was not just a token. */
  readonly credential?: unknown
}

/** What became of an attempt to issue. `unknown`: the backend may have issued; ask again. */
export type Issued =
  | { readonly kind: 'issued'; readonly credential: Credential }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string }

/** Mints what the buyer paid for. */
export interface CredentialIssuer {
  issue(request: CredentialRequest, signal: AbortSignal): Promise<Issued>
  /** The longest one `issue` can take, in ms: leases and refunds wait at least this long. */
  readonly worstCaseMs: number
}
