import type { CredentialRequest } from './CredentialIssuer.ts'

/** A purchase whose money goes back, with the key that every attempt to issue for it carried. */
export type RevocationRequest = Pick<
  CredentialRequest,
  'challengeId' | 'requestId' | 'resourceId' | 'planId' | 'txHash' | 'idempotencyKey'
>

/** Withdraws what an issuer may have minted for a purchase that is refunded. */
export interface Revoker {
  /**
   * Resolves once no credential of that key is good, nor ever issued again; rejects when that is
   * not known. It is asked again after a crash, and for what was never issued.
   */
  revoke(request: RevocationRequest, signal: AbortSignal): Promise<void>
}
