import { type Task, TaskState } from '@a2a-js/sdk'
import type { Problem, Refused, Sold, SoldResource } from '@key0/checkout'
import { type ChallengeRecord, type ErrorCode, Key0Error } from '@key0/core'
import {
  type SettlementResponse,
  toV1SettlementResponse,
  type V1SettlementResponse,
} from '@key0/x402'
import type { Settings } from '../A2aOptions.ts'
import { paymentErrorOf } from '../task/metadata.ts'
import type { TaskName } from '../task/TaskName.ts'
import { askFor, earlierReceipts, texts } from '../task/viewOf.ts'
import { type RefundView, type TaskView, writeTask } from '../task/writeTask.ts'
import { findView } from './findView.ts'

/** The payment bought something else, or nothing: it failed, and no other one is asked for. */
const misplaced: ReadonlySet<ErrorCode> = new Set([
  'PAYMENT_SPENT',
  'TRANSFER_MISMATCH',
  'TRANSFER_OUTSIDE_WINDOW',
])

/** Nothing more will come of it, and the task says why. */
const closed: ReadonlySet<ErrorCode> = new Set([
  'CHALLENGE_EXPIRED',
  'CHALLENGE_CANCELLED',
  'CHALLENGE_REFUNDING',
  'CHALLENGE_REFUNDED',
  'RESPONSE_NOT_KEPT',
])

/**
 * Writes down what a payment, or a proof of one, came to.
 *
 * @throws for what is about the request rather than the payment: it becomes a JSON-RPC error, the
 * task is as it was, and whoever asked may be nobody to it.
 */
export async function answerSale(
  result: Outcome,
  name: TaskName,
  answering: Answering,
): Promise<Task> {
  const told = answering.x402Version === 1 ? toV1(result) : result
  const view =
    told.kind === 'sold'
      ? soldView(told, answering.x402Version)
      : await refusedView(told, name, answering)
  return writeTask(name, view)
}

/** What a payment, or a proof of one, came to. */
export type Outcome = Sold | SoldResource | Refused

/** The words in which an answer is given: those in which the payment came. */
type Answering = { readonly settings: Settings; readonly x402Version: 1 | 2 }

type Told<result> = result extends unknown
  ? Omit<result, 'settlement'> & {
      readonly settlement: SettlementResponse | V1SettlementResponse
    }
  : never

/** The whole history: what came to nothing before, and what is told of now, refused for `code`. */
function receiptsOf(
  challenge: ChallengeRecord,
  settlement: SettlementResponse | V1SettlementResponse,
  x402Version: 1 | 2,
  code?: ErrorCode,
): readonly (SettlementResponse | V1SettlementResponse)[] {
  const earlier = earlierReceipts(challenge, code)
  if (x402Version === 2) return [...earlier, settlement]
  return [...earlier.map((each) => toV1SettlementResponse(each) ?? each), settlement]
}

function toV1(result: Outcome): Told<Outcome> {
  return { ...result, settlement: toV1SettlementResponse(result.settlement) ?? result.settlement }
}

function soldView(
  { delivered, settlement }: Told<Sold | SoldResource>,
  x402Version: 1 | 2,
): TaskView {
  return {
    state: TaskState.TASK_STATE_COMPLETED,
    status: 'payment-completed',
    text: texts.completed,
    at: delivered.challenge.updatedAt,
    receipts: receiptsOf(delivered.challenge, settlement, x402Version),
    bought: delivered,
  }
}

async function refusedView(
  refused: Told<Refused>,
  name: TaskName,
  { settings, x402Version }: Answering,
): Promise<TaskView> {
  const { offered, settlement, problem, cause } = refused
  const { code } = problem
  if (problem.retry === 'later' && code !== 'TRANSFER_NOT_FOUND')
    settings.observe({ name: 'request.failed', path: settings.path, code, cause })
  const failed = {
    status: 'payment-failed',
    error: paymentErrorOf(code),
    text: problem.title,
    // Whoever does not know the challenge learns nothing of what others paid for it.
    receipts: offered?.mayKnowId
      ? receiptsOf(offered.challenge, settlement, x402Version, code)
      : [settlement],
    problem,
  } as const
  if (offered) return { ...askFor(offered, settings.checkout, x402Version), ...failed }
  if (code === 'DELIVERY_FAILED') return undeliveredView(refused, problem)
  if (problem.retry === 'later') return pendingView(refused, problem, name)
  if (closed.has(code)) return { ...(await findView(name, settings)), problem }
  if (misplaced.has(code)) {
    const { state, at } = await findView(name, settings)
    if (state === TaskState.TASK_STATE_INPUT_REQUIRED)
      return { state, ...failed, ...(at && { at }) }
  }
  throw new Key0Error(code, { facts: problem.facts, cause })
}

/**
 * Nobody knows yet what became of the payment, or it is on its way to its buyer. The task works
 * on: a client that is asked to pay once more signs once more.
 */
function pendingView({ settlement }: Told<Refused>, problem: Problem, { by }: TaskName): TaskView {
  const state = TaskState.TASK_STATE_WORKING
  if (!settlement.success)
    return { state, status: 'payment-submitted', text: texts.submitted, problem }
  // Who came by a request id may be anybody: what was paid is not theirs to see.
  const receipts = by === 'challenge' && { receipts: [settlement] }
  return { state, status: 'payment-completed', text: texts.paid, ...receipts, problem }
}

/** Charged and not delivered: what was paid, and how it comes back. */
function undeliveredView({ settlement }: Told<Refused>, problem: Problem): TaskView {
  const { refund, refundNotBefore } = problem.facts
  const told: RefundView = {
    state: 'expected',
    ...(refund !== undefined && { refund }),
    ...(refundNotBefore !== undefined && { notBefore: refundNotBefore }),
  }
  return {
    state: TaskState.TASK_STATE_FAILED,
    status: 'payment-completed',
    text: texts.undelivered,
    receipts: [settlement],
    problem,
    refund: told,
  }
}
