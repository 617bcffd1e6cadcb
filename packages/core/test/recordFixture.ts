import type { ChallengeRecord } from '../src/challenge/ChallengeRecord.ts'
import type { Hash } from '../src/challenge/hex.ts'
import { authorizationRef } from '../src/challenge/PaymentRef.ts'
import type { RefundProgress } from '../src/challenge/RefundProgress.ts'
import type { SettlementIntent } from '../src/challenge/SettlementIntent.ts'

export const CREATED_AT_MS: number = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const word = (digit: string): Hash => `0x${digit.repeat(64)}`
const token = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
const from = '0xb0b0000000000000000000000000000000000000'
const to = '0xA11CE00000000000000000000000000000005e11'
const paymentRef = authorizationRef({ chainId: 84_532, token, from, nonce: word('1') })

/** An unpaid challenge, ten minutes long, and whatever a test changes about it. */
export function recordWith(fields: Partial<ChallengeRecord> = {}): ChallengeRecord {
  return {
    challengeId: 'challenge-1',
    requestId: 'request-1',
    scope: 'seller|caller|route',
    clientAgentId: 'agent://buyer',
    resourceId: 'reports/daily',
    planId: 'basic',
    amount: '$0.10',
    amountRaw: 100_000n,
    asset: 'USDC',
    token,
    chainId: 84_532,
    destination: to,
    createdAt: new Date(CREATED_AT_MS),
    expiresAt: new Date(CREATED_AT_MS + 600_000),
    updatedAt: new Date(CREATED_AT_MS + 1_000),
    state: 'PENDING',
    version: 1,
    schemaVersion: 1,
    ...fields,
  }
}

export function intentAt(stage: SettlementIntent['stage']): SettlementIntent {
  const value = 100_000n
  const window = { validAfter: 0n, validBefore: 1_900_000_000n }
  return {
    paymentRef,
    authorization: { from, to, value, ...window, nonce: word('1'), signature: '0x5a' },
    fingerprint: 'request',
    stage,
    sinceBlock: 1_000n,
    submissions: [],
    createdAtMs: CREATED_AT_MS,
  }
}

export const refund: RefundProgress = {
  ...{ paymentRef, sequence: 0, stage: 'INTENT', chainId: 84_532, token, from: to, to: from },
  ...{ value: 100_000n, nonce: word('2'), sinceBlock: 2_000n, carriers: [], attempts: 0 },
  claimedAtMs: CREATED_AT_MS,
}

export const paid: Partial<ChallengeRecord> = {
  ...{ state: 'PAID', paymentRef, txHash: word('3'), fromAddress: from },
  paidAt: new Date(CREATED_AT_MS + 1_000),
}

export const response: NonNullable<ChallengeRecord['response']> = {
  status: 200,
  headers: [['content-type', 'text/plain']],
  body: 'cGFpZA==',
}

export const grant: NonNullable<ChallengeRecord['accessGrant']> = {
  ...{ type: 'AccessGrant', challengeId: 'challenge-1', requestId: 'request-1' },
  ...{ resourceId: 'reports/daily', planId: 'basic', accessToken: 'token', tokenType: 'Bearer' },
  txHash: word('3'),
}
