import { createHash } from 'node:crypto'
import {
  authorizationRef,
  type ChallengeBase,
  type ChallengeFields,
  type Hash,
  type PaymentRef,
} from '@key0/core'

/** What a store is given over the life of one challenge; ids as long as real ones. */
export type MintedPurchase = {
  readonly base: ChallengeBase
  readonly paymentRef: PaymentRef
  readonly paid: ChallengeFields & { readonly txHash: Hash }
  readonly lease: NonNullable<ChallengeFields['lease']>
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const token = `0x${hash('token').slice(0, 40)}` as const
const seller = `0x${hash('seller').slice(0, 40)}` as const

/** The same number mints the same purchase. */
export function mintPurchase(number: number): MintedPurchase {
  const createdAt = new Date()
  const from = `0x${hash(`payer:${number}`).slice(0, 40)}` as const
  const nonce = `0x${hash(`nonce:${number}`)}` as const
  const base: ChallengeBase = {
    challengeId: `http-${hash(`challenge:${number}`).slice(0, 40)}`,
    requestId: hash(`request:${number}`).slice(0, 40),
    scope: 'x402-http',
    clientAgentId: 'x402-http',
    resourceId: 'default',
    planId: 'basic',
    amount: '$0.10',
    amountRaw: 100_000n,
    asset: 'USDC',
    token,
    chainId: 84_532,
    destination: seller,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + 900_000),
  }
  return {
    base,
    paymentRef: authorizationRef({ chainId: base.chainId, token, from, nonce }),
    paid: {
      txHash: `0x${hash(`transaction:${number}`)}`,
      paidAt: createdAt,
      fromAddress: from,
      paidBlock: { number: BigInt(number), hash: `0x${hash(`block:${number}`)}` },
    },
    lease: { holder: hash(`holder:${number}`).slice(0, 40), untilMs: createdAt.getTime() + 20_000 },
  }
}
