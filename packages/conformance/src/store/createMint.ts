import {
  type Address,
  authorizationRef,
  type ChallengeBase,
  type ChallengeFields,
  type Clock,
  type Hash,
  type PaymentRef,
  type SettlementIntent,
} from '@key0/core'

/** Makes a challenge like no other of this rig; nothing is stored yet. */
export type Mint = (overrides?: Partial<ChallengeBase>) => Minted

export type Minted = {
  readonly base: ChallengeBase
  /** A payment that could buy it; every call makes another one. */
  pay(): Payment
}

/** One payment of one buyer, in the shapes that the store's operations take. */
export type Payment = {
  readonly paymentRef: PaymentRef
  readonly txHash: Hash
  intent(overrides?: Partial<SettlementIntent>): SettlementIntent
  /** What settling writes: paid now, by this buyer, final. */
  paid(overrides?: ChallengeFields): ChallengeFields & { readonly txHash: Hash }
}

const MINUTE_MS = 60_000
const token: Address = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
const destination: Address = '0xA11CE00000000000000000000000000000005e11'

/** @param clock gives the instants of creation and payment. */
export function createMint(clock: Clock): Mint {
  let minted = 0
  let paid = 0
  const pay = ({ chainId, amountRaw }: ChallengeBase): Payment => {
    paid += 1
    const from: Address = `0x${paid.toString(16).padStart(40, 'b')}`
    const nonce = word(paid)
    const txHash = word(0x1000_0000 + paid)
    const paymentRef = authorizationRef({ chainId, token, from, nonce })
    const nowMs = clock.nowMs()
    const seconds = BigInt(Math.floor(nowMs / 1000))
    return {
      paymentRef,
      txHash,
      intent: (overrides) => ({
        paymentRef,
        authorization: {
          from,
          to: destination,
          value: amountRaw,
          validAfter: 0n,
          validBefore: seconds + 600n,
          nonce,
          signature: `0x${'5a'.repeat(65)}`,
        },
        fingerprint: `request-of-${from}`,
        stage: 'OPEN',
        sinceBlock: 1_000n,
        submissions: [],
        createdAtMs: nowMs,
        ...overrides,
      }),
      paid: (overrides) => ({
        txHash,
        paidAt: new Date(clock.nowMs()),
        fromAddress: from,
        paidBlock: { number: 1_001n, hash: word(0x2000_0000 + paid) },
        paymentFinal: true,
        ...overrides,
      }),
    }
  }
  return (overrides = {}) => {
    minted += 1
    const base = { ...baseOf(minted, clock.nowMs()), ...overrides }
    return { base, pay: () => pay(base) }
  }
}

function baseOf(count: number, nowMs: number): ChallengeBase {
  return {
    challengeId: `challenge-${count.toString().padStart(22, '0')}`,
    requestId: `request-${count}`,
    scope: 'seller|caller|route',
    clientAgentId: 'agent://buyer',
    resourceId: 'reports/daily',
    planId: 'basic',
    amount: '$0.10',
    amountRaw: 100_000n,
    asset: 'USDC',
    token,
    chainId: 84_532,
    destination,
    createdAt: new Date(nowMs),
    expiresAt: new Date(nowMs + 15 * MINUTE_MS),
  }
}

/** A 32-byte word that shows its number; it has letters, so that its spelling can matter. */
export function word(number: number): Hash {
  return `0xc0ffee${number.toString(16).padStart(58, '0')}`
}
