import { TaskState } from '@a2a-js/sdk'
import { type Checkout, problemOf } from '@key0/checkout'
import { type ChallengeRecord, failuresOf, hasOpenIntent, type Offered } from '@key0/core'
import {
  type PaymentRequired,
  type SettlementResponse,
  toNetwork,
  type V1PaymentRequired,
} from '@key0/x402'
import type { RefundView, TaskView } from './writeTask.ts'

/** Sentences of ours, and nothing but ours: agents read them. */
export const texts = {
  required: 'Payment is required.',
  submitted:
    'The payment is on its way; its fate is not known yet. Send the same message again, or look at the task.',
  unproven: 'The payment was made; its payer must sign to show who is asking.',
  paid: 'The payment arrived. Send the payment again to be given what it bought; it is not charged twice.',
  completed: 'Payment successful.',
  delivered: 'Delivered. Send the payment again to be given it once more; it is not charged twice.',
  expired: 'The offer was not paid in time.',
  declined: 'The payment was declined.',
  undelivered:
    'The payment arrived but the delivery failed. Sending the payment again may still be served; otherwise it goes back to the payer.',
  refundPending: 'The delivery failed. The payment is on its way back to the payer.',
  refunded: 'The delivery failed. The payment was returned to the payer.',
  refundDelayed: 'The delivery failed. The refund takes longer: the seller looks after it.',
} as const

/**
 * A task as its challenge's record says it is, and nothing besides: every process says the same.
 * The grant is not shown. Knowing a task's id is no proof of having paid.
 *
 * @param mayKnowId Whether whoever asks knows the challenge. Others see its state, and what was
 * paid and returned is not theirs to see.
 */
export function viewOf(offered: Offered, checkout: Checkout): TaskView {
  const view = stateOf(offered, checkout)
  // Whoever asked first knows the challenge, and somebody else may have paid for it.
  if (offered.mayKnowId && offered.challenge.intent?.onlyFresh !== true) return view
  const { receipts: _, refund: __, ...told } = view
  return told
}

function stateOf(offered: Offered, checkout: Checkout): TaskView {
  const { challenge } = offered
  const at = challenge.updatedAt
  const receipts = receiptsOf(challenge)
  const { TASK_STATE_WORKING, TASK_STATE_FAILED } = TaskState
  switch (challenge.state) {
    case 'PENDING':
      if (hasOpenIntent(challenge))
        return { state: TASK_STATE_WORKING, status: 'payment-submitted', text: texts.submitted, at }
      if (challenge.intent?.voidReason === 'PAYER_PROOF_REQUIRED') return unproven(at)
      return { ...askFor(offered, checkout), at, ...(receipts.length > 0 && { receipts }) }
    case 'PAID':
      return {
        state: TASK_STATE_WORKING,
        status: 'payment-completed',
        text: texts.paid,
        at,
        receipts,
      }
    case 'DELIVERED':
      return {
        ...{ state: TaskState.TASK_STATE_COMPLETED, status: 'payment-completed', at, receipts },
        text: texts.delivered,
      }
    case 'EXPIRED':
      return {
        ...{ state: TASK_STATE_FAILED, status: 'payment-failed', error: 'EXPIRED_PAYMENT' },
        ...{ text: texts.expired, at, receipts },
      }
    case 'CANCELLED':
      return {
        ...{ state: TaskState.TASK_STATE_CANCELED, status: 'payment-rejected', at, receipts },
        text: texts.declined,
      }
    case 'REFUND_PENDING':
    case 'REFUNDED':
    case 'REFUND_FAILED': {
      const { refund, text } = refundOf(challenge)
      return { state: TASK_STATE_FAILED, status: 'payment-completed', text, at, receipts, refund }
    }
  }
}

/** A payment that somebody made and nobody has shown to be theirs. No other one is asked for. */
function unproven(at: Date): TaskView {
  return {
    ...{ state: TaskState.TASK_STATE_INPUT_REQUIRED, status: 'payment-submitted', at },
    text: texts.unproven,
    problem: problemOf('PAYER_PROOF_REQUIRED'),
  }
}

/** What asks for a payment: for an open challenge that no authorization may be live for. */
export function askFor(offered: Offered, checkout: Checkout, x402Version: 1 | 2 = 2): TaskView {
  return {
    state: TaskState.TASK_STATE_INPUT_REQUIRED,
    status: 'payment-required',
    text: texts.required,
    required: toRequired(offered, checkout, x402Version),
  }
}

function toRequired(
  offered: Offered,
  checkout: Checkout,
  x402Version: 1 | 2,
): PaymentRequired | V1PaymentRequired {
  const parts = { url: resourceUrl(checkout), error: texts.required }
  const first = x402Version === 1 ? checkout.v1PaymentRequiredText(offered, parts) : undefined
  // Version 1 cannot name every chain; its clients cannot pay on those.
  if (first === undefined) return checkout.paymentRequired(offered, parts)
  return JSON.parse(first) as V1PaymentRequired
}

/** The address that offers name: where the same plans are sold over plain HTTP. */
function resourceUrl({ baseUrl }: Checkout): string {
  return `${baseUrl}/x402/access`
}

/** The whole history of a challenge's settlements: those that came to nothing, and one that paid. */
function receiptsOf(challenge: ChallengeRecord): readonly SettlementResponse[] {
  const { txHash, chainId, amountRaw, fromAddress } = challenge
  const failed = failedReceipts(challenge, failuresOf(challenge))
  if (txHash === undefined) return failed
  const payer = fromAddress && { payer: fromAddress }
  const network = toNetwork(chainId)
  const paid = { success: true, transaction: txHash, network, amount: `${amountRaw}`, ...payer }
  return [...failed, paid]
}

/** Receipts of what came to nothing before the payment that is told of now, refused for `code`. */
export function earlierReceipts(
  challenge: ChallengeRecord,
  code?: string,
): readonly SettlementResponse[] {
  const failures = failuresOf(challenge)
  const isLast = challenge.intent?.stage === 'VOID' && failures.at(-1) === code
  return failedReceipts(challenge, isLast ? failures.slice(0, -1) : failures)
}

function failedReceipts(
  { chainId }: ChallengeRecord,
  reasons: readonly string[],
): readonly SettlementResponse[] {
  const network = toNetwork(chainId)
  return reasons.map((reason) => {
    return { success: false, errorReason: reason.toLowerCase(), transaction: '', network }
  })
}

function refundOf(challenge: ChallengeRecord): {
  readonly refund: RefundView
  readonly text: string
} {
  const { state, refundTxHash, refundedAt } = challenge
  if (state === 'REFUND_FAILED') return { refund: { state: 'delayed' }, text: texts.refundDelayed }
  if (state !== 'REFUNDED') return { refund: { state: 'pending' }, text: texts.refundPending }
  return {
    refund: {
      state: 'refunded',
      ...(refundTxHash && { transaction: refundTxHash }),
      ...(refundedAt && { refundedAt: refundedAt.toISOString() }),
    },
    text: texts.refunded,
  }
}
