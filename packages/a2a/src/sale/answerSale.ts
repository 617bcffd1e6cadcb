import { type Task, TaskState } from '@a2a-js/sdk'
import type { Problem, Refused, Sold } from '@key0/checkout'
import { type ErrorCode, Key0Error } from '@key0/core'
import type { Settings } from '../A2aOptions.ts'
import { withoutEcho } from '../rpc/rpcError.ts'
import { paymentErrorOf } from '../task/metadata.ts'
import type { TaskName } from '../task/TaskName.ts'
import { askFor, texts } from '../task/viewOf.ts'
import { type RefundView, type TaskView, writeTask } from '../task/writeTask.ts'
import { findView } from './findView.ts'

/** The payment bought something else, or nothing: it failed, and no other one is asked for. */
const misplaced: ReadonlySet<ErrorCode> = new Set([
  'PAYMENT_SPENT',
  'TRANSFER_MISMATCH',
  'TRANSFER_OUTSIDE_WINDOW',
])

const closed: ReadonlySet<ErrorCode> = new Set([
  'CHALLENGE_EXPIRED',
  'CHALLENGE_CANCELLED',
  'CHALLENGE_REFUNDING',
  'CHALLENGE_REFUNDED',
])

/**
 * Writes down what a payment, or a proof of one, came to.
 *
 * @throws for what is about the request rather than the payment: it becomes a JSON-RPC error, the
 * task is as it was, and whoever asked may be nobody to it.
 */
export async function answerSale(
  result: Sold | Refused,
  name: TaskName,
  settings: Settings,
): Promise<Task> {
  const view = result.kind === 'sold' ? soldView(result) : await refusedView(result, name, settings)
  return writeTask(name, view)
}

function soldView({ delivered, settlement }: Sold): TaskView {
  return {
    state: TaskState.TASK_STATE_COMPLETED,
    status: 'payment-completed',
    text: texts.completed,
    at: delivered.challenge.updatedAt,
    receipts: [settlement],
    grant: delivered.grant,
  }
}

async function refusedView(
  refused: Refused,
  name: TaskName,
  settings: Settings,
): Promise<TaskView> {
  const { offered, settlement, cause } = refused
  const problem = withoutEcho(refused.problem)
  const { code } = problem
  if (problem.retry === 'later' && code !== 'TRANSFER_NOT_FOUND')
    settings.observe({ name: 'request.failed', path: settings.path, code, cause })
  const failed = {
    status: 'payment-failed',
    error: paymentErrorOf(code),
    text: problem.title,
    receipts: [settlement],
    problem,
  } as const
  if (offered) return { ...askFor(offered, settings.checkout), ...failed }
  if (code === 'DELIVERY_FAILED') return undeliveredView(refused, problem)
  if (problem.retry === 'later') return pendingView(refused, problem)
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
function pendingView({ settlement }: Refused, problem: Problem): TaskView {
  const state = TaskState.TASK_STATE_WORKING
  if (!settlement.success)
    return { state, status: 'payment-submitted', text: texts.submitted, problem }
  return { state, status: 'payment-completed', text: texts.paid, receipts: [settlement], problem }
}

/** Charged and not delivered: what was paid, and how it comes back. */
function undeliveredView({ settlement }: Refused, problem: Problem): TaskView {
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
