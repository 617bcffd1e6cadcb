import type { SignedAuthorization } from '../challenge/Authorization.ts'
import type { ChallengeBase } from '../challenge/ChallengeRecord.ts'
import type { Address } from '../challenge/hex.ts'
import { authorizationRef } from '../challenge/PaymentRef.ts'
import type { SettlementIntent } from '../challenge/SettlementIntent.ts'
import { fakeAddress, fakeHash, signAuthorization } from './fakeHash.ts'

/** The accounts and the token that fakes know by default. */
export const fakeAccounts: {
  readonly token: Address
  readonly seller: Address
  readonly buyer: Address
  readonly stranger: Address
  readonly gasWallet: Address
} = {
  token: fakeAddress('token'),
  seller: fakeAddress('seller'),
  buyer: fakeAddress('buyer'),
  stranger: fakeAddress('stranger'),
  gasWallet: fakeAddress('gas wallet'),
}

/** The chain id that fakes use by default. */
export const fakeChainId = 84_532

let minted = 0

/** A challenge's fields at birth, an id of its own each time. */
export function mintBase(overrides: Partial<ChallengeBase> = {}): ChallengeBase {
  minted += 1
  const createdAt = overrides.createdAt ?? new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678))
  return {
    challengeId: `http-${fakeHash(`challenge:${minted}`).slice(2, 34)}`,
    requestId: `request-${minted.toString().padStart(16, '0')}`,
    scope: 'x402-http',
    clientAgentId: 'x402-http',
    resourceId: 'default',
    planId: 'basic',
    amount: '$0.10',
    amountRaw: 100_000n,
    asset: 'USDC',
    token: fakeAccounts.token,
    chainId: fakeChainId,
    destination: fakeAccounts.seller,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 900_000),
    ...overrides,
  }
}

/**
 * A payment authorization for a challenge, signed by its payer. Each has a nonce of its own.
 * `nowMs` is when it is signed; it lives for ten minutes from then.
 */
export function mintAuthorization(
  base: Pick<ChallengeBase, 'token' | 'destination' | 'amountRaw'>,
  options: Partial<SignedAuthorization> & { readonly nowMs: number },
): SignedAuthorization {
  minted += 1
  const { nowMs, signature, ...overrides } = options
  const signed = signAuthorization(base.token, {
    from: fakeAccounts.buyer,
    to: base.destination,
    value: base.amountRaw,
    validAfter: 0n,
    validBefore: BigInt(Math.floor(nowMs / 1000)) + 600n,
    nonce: fakeHash(`nonce:${minted}`),
    ...overrides,
  })
  return signature === undefined ? signed : { ...signed, signature }
}

/** The settlement intent that a gateway stores for an authorization. */
export function mintIntent(
  base: Pick<ChallengeBase, 'chainId' | 'token'>,
  authorization: SignedAuthorization,
  overrides: Partial<SettlementIntent> = {},
): SettlementIntent {
  const { chainId, token } = base
  return {
    paymentRef: authorizationRef({ chainId, token, ...authorization }),
    authorization,
    fingerprint: `request of ${authorization.from}`,
    stage: 'OPEN',
    sinceBlock: 0n,
    submissions: [],
    createdAtMs: 0,
    ...overrides,
  }
}
