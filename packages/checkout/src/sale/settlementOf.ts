import type { ChallengeRecord, Delivered, ErrorCode } from '@key0/core'
import { type SettlementResponse, toNetwork } from '@key0/x402'
import { errorReasonOf } from '../errorReason.ts'
import type { Problem } from '../problem.ts'

/** Codes that come after the money has moved: the settlement itself succeeded. */
const settledCodes: ReadonlySet<ErrorCode> = new Set([
  'DELIVERY_PENDING',
  'DELIVERY_FAILED',
  'RESPONSE_NOT_KEPT',
])

/** Whether a failure with this code means that the payment was made all the same. */
export function isSettled(code: ErrorCode): boolean {
  return settledCodes.has(code)
}

/** What became of a payment that bought something. */
export function settlementOf({
  challenge,
  txHash,
}: Pick<Delivered, 'challenge' | 'txHash'>): SettlementResponse {
  return {
    success: true,
    transaction: txHash,
    network: toNetwork(challenge.chainId),
    amount: `${challenge.amountRaw}`,
    ...(challenge.fromAddress && { payer: challenge.fromAddress }),
  }
}

/** What became of a payment that bought nothing, as far as it is known. */
export function settlementOfRefusal(
  { code }: Problem,
  challenge: ChallengeRecord | undefined,
  chainId: number,
): SettlementResponse {
  if (isSettled(code) && challenge?.txHash !== undefined)
    return settlementOf({ challenge, txHash: challenge.txHash })
  const network = toNetwork(challenge?.chainId ?? chainId)
  return { success: false, errorReason: errorReasonOf(code), transaction: '', network }
}
