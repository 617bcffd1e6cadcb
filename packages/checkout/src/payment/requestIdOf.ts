import type { SignedAuthorization } from '@key0/core'

/**
 * The request id of a payment that names neither challenge nor request, as those of version 1 do
 * not: made of the authorization itself, so that the same payment again finds the same challenge.
 *
 * It is no secret: once the payment is mined anybody can make it. Whoever comes back by it is asked
 * for a fresh signature (docs/decisions/0005). Before, nobody can: the nonce is 32 random bytes.
 */
export function requestIdOf(
  { from, nonce }: Pick<SignedAuthorization, 'from' | 'nonce'>,
  chainId: number,
): string {
  return `auth-${chainId}-${from.slice(2)}-${nonce.slice(2)}`.toLowerCase()
}
