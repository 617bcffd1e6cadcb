import {
  type AccessGrant,
  type Address,
  authorizationRef,
  type ChallengeBase,
  type ChallengeFields,
  type ChallengeRecord,
  type Hash,
  type PaymentRef,
  type RefundProgress,
  type SettlementIntent,
} from '@key0/core'
import type { World } from './World.ts'

const token: Address = '0x036CbD53842c5426634e7929541eC2318f3dCF7e'
const seller: Address = '0xA11CE00000000000000000000000000000005e11'
const chainId = 84_532

/** Names that run into each other wherever a store joins, folds or looks them up carelessly. */
export const ids: readonly string[] = [
  'challenge-0000000001',
  'CHALLENGE-0000000001',
  '__proto__',
  "a:b'; -- {c}*",
  'ü🧾\n',
]
const scopes = ['seller|caller', 'seller|caller|route', 'SELLER|caller', 'constructor'] as const
const requests = ['route|1', '1', 'ROUTE|1', 'toString'] as const
const amounts = [100_000n, 2n ** 53n + 1n, 2n ** 256n - 1n] as const
const livesMs = [900_000, 60_000, 30 * 86_400_000] as const

/** The item at an index of any size. */
export function at<item>(items: readonly [item, ...item[]] | readonly item[], index: number): item {
  return items[index % items.length] as item
}

export function nameOf(request: number): { readonly scope: string; readonly requestId: string } {
  return { scope: at(scopes, request), requestId: at(requests, Math.floor(request / 2)) }
}

/** The id that a slot stands for now: an id is never used again once its record is forgotten. */
export function idOf(world: World, slot: number, isForgotten: (id: string) => boolean): string {
  let id = at(ids, slot)
  while (world.records.has(id) && isForgotten(id)) id = `${id}~`
  return id
}

export function baseOf(id: string, nowMs: number, request: number, kind: number): ChallengeBase {
  return {
    challengeId: id,
    ...nameOf(request),
    clientAgentId: 'agent://buyer',
    resourceId: 'reports/日報',
    planId: '1e3',
    amount: '$0.10',
    amountRaw: at(amounts, kind),
    asset: 'USDC',
    ...{ token, chainId, destination: seller },
    ...(request % 2 === 1 && { resource: { method: 'GET', path: '/%E6%97%A5', query: 'a=%22' } }),
    createdAt: new Date(nowMs),
    expiresAt: new Date(nowMs + at(livesMs, kind)),
  }
}

/** The payment that belongs to a challenge, in the shapes that calls take. */
export type Paying = {
  readonly paymentRef: PaymentRef
  /** Spelt with capitals: older claims are kept under the lower-case spelling. */
  readonly txHash: Hash
  readonly from: Address
  readonly nonce: Hash
}

export function paymentOf(id: string): Paying {
  const digits = [...id].map((char) => (char.codePointAt(0) ?? 0).toString(16)).join('')
  const nonce = word(digits)
  const from: Address = `0x${digits.slice(-40).padStart(40, 'B')}`
  return {
    paymentRef: authorizationRef({ chainId, token, from, nonce }),
    txHash: word(`C0FFEE${digits}`),
    ...{ from, nonce },
  }
}

/** What an older deployment kept for a payment: its plain hash. */
export function olderRef({ txHash }: Paying): PaymentRef {
  return txHash.toLowerCase() as PaymentRef
}

/** A 32-byte word that ends in these digits. */
function word(digits: string): Hash {
  return `0x${digits.slice(-64).padStart(64, 'A0')}`
}

export function intentOf(
  paying: Paying,
  nowMs: number,
  stage: SettlementIntent['stage'],
): SettlementIntent {
  const { paymentRef, from, nonce } = paying
  return {
    paymentRef,
    authorization: {
      ...{ from, to: seller, value: 100_000n, validAfter: 0n, validBefore: 2n ** 64n, nonce },
      signature: `0x${'5a'.repeat(65)}`,
    },
    fingerprint: `request of ${from}`,
    stage,
    sinceBlock: 1_000n,
    submissions: [{ via: 'facilitator', url: 'https://f.example/?x=ü', atMs: nowMs }],
    createdAtMs: nowMs,
  }
}

export function paidOf({ txHash, from }: Paying, nowMs: number): ChallengeFields {
  return {
    txHash,
    paidAt: new Date(nowMs),
    fromAddress: from,
    paidBlock: { number: 2n ** 64n - 1n, hash: word('B10C') },
    paymentFinal: true,
  }
}

function grantOf(base: ChallengeBase, n: number): AccessGrant {
  const { challengeId, requestId, resourceId, planId } = base
  return {
    type: 'AccessGrant',
    ...{ challengeId, requestId, resourceId, planId },
    accessToken: `eyJ.${n}`,
    tokenType: 'Bearer',
    txHash: word('60A7'),
    credential: { list: [1, null, { $int: '7' }], text: 'ü\u2028' },
  }
}

function refundOf(record: ChallengeRecord, nowMs: number, n: number): RefundProgress {
  const { challengeId, destination, amountRaw } = record
  const { paymentRef, from } = paymentOf(challengeId)
  return {
    ...{ paymentRef, chainId, token, sequence: 0, nonce: word('4EF'), sinceBlock: 2_000n },
    ...{ from: destination, to: from, value: amountRaw, carriers: [], claimedAtMs: nowMs },
    stage: at(['INTENT', 'SIGNED', 'MINED', 'HELD'], n),
    attempts: n,
  }
}

/** A value for every field, four of each; those that say so are removals. */
export function sampleOf(
  name: keyof ChallengeFields,
  record: ChallengeRecord,
  nowMs: number,
  n: number,
): unknown {
  if (n === 3) return undefined
  const paying = paymentOf(record.challengeId)
  const some = {
    intent: intentOf(paying, nowMs, at(['OPEN', 'VOID', 'PAID'], n)),
    paymentRef: paying.paymentRef,
    txHash: at([paying.txHash, word('7E57')], n),
    paidAt: new Date(nowMs - n * 1_001),
    fromAddress: paying.from,
    paidBlock: { number: BigInt(n), hash: word('B10C') },
    paymentFinal: n === 0,
    lease: { holder: 'worker:🧾', untilMs: nowMs + n * 30_001 },
    accessGrant: grantOf(record, n),
    response: { status: 200 + n, headers: [['content-type', 'text/plain']], body: 'aGk=' },
    deliveredAt: new Date(nowMs - n * 7),
    refund: refundOf(record, nowMs, n),
    refundTxHash: word('4EF7'),
    refundedAt: new Date(nowMs + n),
    refundError: 'the payee is blocked',
    held: 'late money',
    releasedAt: new Date(nowMs - n * 3),
    disposition: at(['SURPLUS', 'LATE', 'UNDER', 'UNMATCHED'] as const, n),
    nextVisitAt: new Date(nowMs + at([90_001, -5, 0], n)),
  } satisfies { readonly [name in keyof Required<ChallengeFields>]: ChallengeFields[name] }
  return some[name]
}

/** What a move into a state usually writes. */
export function usualFields(record: ChallengeRecord, to: string, nowMs: number): ChallengeFields {
  const now = new Date(nowMs)
  switch (to) {
    case 'DELIVERED':
      if (record.response) return { deliveredAt: now }
      return { accessGrant: record.accessGrant ?? grantOf(record, 0), deliveredAt: now }
    case 'REFUND_PENDING':
      return { refund: refundOf(record, nowMs, 0) }
    case 'REFUNDED':
      return { refundTxHash: word('4EF7'), refundedAt: now }
    case 'REFUND_FAILED':
      return { refundError: 'the payee is blocked' }
    default:
      return {}
  }
}
