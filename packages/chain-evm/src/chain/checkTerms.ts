import type { Authorization, ErrorCode, Offer } from '@key0/core'
import { sameAddress } from '@key0/core'
import { isAddress, isHex, maxUint256, size } from 'viem'
import type { Context } from './Context.ts'

export type Objection = {
  readonly kind: 'invalid'
  readonly code: ErrorCode
  readonly facts: Readonly<Record<string, string>>
}

/** Seconds an authorization must still live: shorter, and it may end before it is mined. */
const marginSeconds = 6n

/** Seconds a payer's clock may be ahead of ours when it computed `validBefore`. */
const skewSeconds = 30n

/** The checks that need nobody: shape, chain, asset, payee and the exact price. */
export function checkTerms(
  { row, token }: Context,
  offer: Offer,
  authorization: Authorization,
): Objection | undefined {
  const malformed = checkShape(authorization)
  if (malformed) return malformed
  if (offer.chainId !== row.id) {
    return object('PAYMENT_NETWORK_MISMATCH', `${row.id}`, `${offer.chainId}`)
  }
  if (!sameAddress(offer.token, token.address)) {
    return object('PAYMENT_ASSET_MISMATCH', token.address, offer.token)
  }
  if (!sameAddress(authorization.to, offer.payTo)) {
    return object('PAYMENT_PAYEE_MISMATCH', offer.payTo, authorization.to)
  }
  if (authorization.value !== offer.value) {
    return object('PAYMENT_VALUE_MISMATCH', `${offer.value}`, `${authorization.value}`)
  }
  return undefined
}

/** The time window, at `now`: the later of our clock and the latest block, in Unix seconds. */
export function checkWindow(
  offer: Offer,
  { validAfter, validBefore }: Authorization,
  now: bigint,
): Objection | undefined {
  const least = now + marginSeconds
  if (validBefore < least) {
    return object('AUTHORIZATION_EXPIRED', `validBefore of ${least} or later`, `${validBefore}`)
  }
  if (validAfter >= now) {
    return object('AUTHORIZATION_NOT_YET_VALID', `validAfter before ${now}`, `${validAfter}`)
  }
  const most = now + BigInt(offer.maxTimeoutSeconds) + skewSeconds
  if (validBefore > most) {
    return object('AUTHORIZATION_TOO_LONG', `validBefore of ${most} or earlier`, `${validBefore}`)
  }
  return undefined
}

function checkShape(authorization: Authorization): Objection | undefined {
  const { from, to, nonce } = authorization
  const wrong = (field: string, expected: string): Objection => ({
    kind: 'invalid',
    code: 'PAYMENT_MALFORMED',
    facts: { field, expected },
  })
  if (!isAddress(from, { strict: false })) return wrong('from', 'an address of 20 bytes')
  if (!isAddress(to, { strict: false })) return wrong('to', 'an address of 20 bytes')
  if (!isHex(nonce) || nonce.length !== 66 || size(nonce) !== 32) return wrong('nonce', '32 bytes')
  for (const field of ['value', 'validAfter', 'validBefore'] as const) {
    const number: unknown = authorization[field]
    if (typeof number !== 'bigint' || number < 0n || number > maxUint256) {
      return wrong(field, 'an integer of 0 to 2^256 - 1')
    }
  }
  return undefined
}

function object(code: ErrorCode, expected: string, found: string): Objection {
  return { kind: 'invalid', code, facts: { expected, found } }
}
