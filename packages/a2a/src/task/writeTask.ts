import { type Message, Role, type Task, type TaskState } from '@a2a-js/sdk'
import type { Problem } from '@key0/checkout'
import type { Delivered, DeliveredResource } from '@key0/core'
import type {
  PaymentRequired,
  SettlementResponse,
  V1PaymentRequired,
  V1SettlementResponse,
} from '@key0/x402'
import { metadataKeys, type PaymentError, type PaymentStatus } from './metadata.ts'
import { contextOf, formatTaskName, type TaskName } from './TaskName.ts'
import { toArtifact, toPart } from './toArtifact.ts'

/** What a task is to say. Everything in it is ours: no text of the client comes back. */
export type TaskView = {
  readonly state: TaskState
  readonly status: PaymentStatus
  /** One or two sentences for whoever reads along. */
  readonly text: string
  /** When the challenge came to be as it is. */
  readonly at?: Date
  /** The offer; only where a buyer may sign it. */
  readonly required?: PaymentRequired | V1PaymentRequired
  /** Every settlement that is known of, the newest last. */
  readonly receipts?: readonly (SettlementResponse | V1SettlementResponse)[]
  readonly error?: PaymentError
  readonly problem?: Problem
  readonly refund?: RefundView
  /** What was bought; only in the answer to its payment. */
  readonly bought?: Delivered | DeliveredResource
}

/** Money that comes back, or is to. */
export type RefundView = {
  readonly state: 'expected' | 'pending' | 'refunded' | 'delayed'
  /** Who pays it back, where that is not under way yet: `automatic` or `by the seller`. */
  readonly refund?: string
  readonly notBefore?: string
  readonly transaction?: string
  readonly refundedAt?: string
}

/** Writes a task down in the words of A2A 1.0 and of the x402 extension. */
export async function writeTask(name: TaskName, view: TaskView): Promise<Task> {
  const id = formatTaskName(name)
  const contextId = await contextOf(name)
  const { state, at = new Date() } = view
  return {
    id,
    contextId,
    status: { state, message: toMessage(id, contextId, view), timestamp: at.toISOString() },
    artifacts: view.bought ? [toArtifact(view.bought)] : [],
    history: [],
    metadata: undefined,
  }
}

function toMessage(taskId: string, contextId: string, view: TaskView): Message {
  const { status, required, receipts, error, problem, refund, text } = view
  return {
    messageId: crypto.randomUUID(),
    contextId,
    taskId,
    role: Role.ROLE_AGENT,
    parts: [toPart({ $case: 'text', value: text }, 'text/plain')],
    metadata: {
      [metadataKeys.status]: status,
      ...(required && { [metadataKeys.required]: required }),
      ...(receipts && { [metadataKeys.receipts]: receipts }),
      ...(error && { [metadataKeys.error]: error }),
      ...(problem && { [metadataKeys.problem]: problem }),
      ...(refund && { [metadataKeys.refund]: refund }),
    },
    extensions: [],
    referenceTaskIds: [],
  }
}
