import type { Message } from '@a2a-js/sdk'
import { isChallengeId, malformed, type Payment, readPayment } from '@key0/checkout'
import { Key0Error, type PresentedTransfer } from '@key0/core'
import { skillIds } from '../skillIds.ts'
import { metadataKeys } from '../task/metadata.ts'
import { isContextId, parseTaskName, type TaskName } from '../task/TaskName.ts'
import { readFields } from './readFields.ts'
import { assertOneThing, resourceField, type Wanted } from './Wanted.ts'

/** What a message asks for. */
export type Ask =
  | {
      readonly kind: 'price'
      readonly request: Wanted
      readonly contextId: string | undefined
      readonly x402Version: 1 | 2
    }
  | {
      readonly kind: 'pay'
      readonly task: TaskName
      readonly payment: Payment
      readonly request: Wanted
    }
  | {
      readonly kind: 'prove'
      readonly task: TaskName
      readonly proof: Omit<PresentedTransfer, 'challengeId'>
      readonly request: Wanted
    }
  /** The buyer will not pay. */
  | { readonly kind: 'decline'; readonly task: TaskName }
  /** A message that asks for nothing new: the task is shown. */
  | { readonly kind: 'show'; readonly task: TaskName }

/**
 * Reads a message. What it is for follows from what is in it: a payment, a transfer's hash, a
 * refusal to pay, or else a wish to buy.
 *
 * @throws REQUEST_MALFORMED naming the field, PAYMENT_MALFORMED, PAYMENT_VERSION_UNSUPPORTED,
 * CHALLENGE_UNKNOWN for a task that cannot be ours.
 */
export function readMessage(message: Message): Ask {
  const { payload, status } = readMetadata(message)
  const { skill, ...fields } = readFields(message.parts)
  const task = readTask(message)
  const { txHash, payerSignature, challengeId, x402Version = 2, ...request } = fields
  assertOneThing(request, skill)
  if (payload !== undefined) {
    if (status === 'payment-rejected')
      throw malformed(`message.metadata['${metadataKeys.status}']`, 'payment-submitted')
    const payment = readPayment(payload)
    return { kind: 'pay', task: taskFor(message, task, payment.challengeId), payment, request }
  }
  if (skill === skillIds.submitProof || txHash !== undefined) {
    const proof = readProof(txHash, payerSignature)
    const proven = taskFor(message, task, readChallengeId(challengeId))
    return { kind: 'prove', task: proven, proof, request }
  }
  if (status === 'payment-submitted')
    throw malformed(`message.metadata['${metadataKeys.payload}']`, 'an x402 payment payload')
  if (task === undefined) {
    if (skill === skillIds.requestResource && request.resource === undefined)
      throw malformed(resourceField, 'an object with method and path')
    return { kind: 'price', request, contextId: readContext(message), x402Version }
  }
  return { kind: status === 'payment-rejected' ? 'decline' : 'show', task }
}

function readMetadata({ metadata = {} }: Message): {
  readonly payload: string | object | undefined
  readonly status: string | undefined
} {
  const payload = own(metadata, metadataKeys.payload)
  const status = own(metadata, metadataKeys.status)
  const readable = typeof payload === 'string' || (typeof payload === 'object' && payload !== null)
  if (payload !== undefined && !readable)
    throw malformed(`message.metadata['${metadataKeys.payload}']`, 'an x402 payment payload')
  if (status !== undefined && typeof status !== 'string')
    throw malformed(`message.metadata['${metadataKeys.status}']`, 'text')
  return { payload: payload as string | object | undefined, status }
}

function own(from: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(from, name) ? from[name] : undefined
}

/** The task a message is for, in the context that it says. */
function readTask(message: Message): TaskName | undefined {
  if (message.taskId === '') return undefined
  const task = parseTaskName(message.taskId)
  if (task === undefined) throw new Key0Error('CHALLENGE_UNKNOWN')
  return task
}

function readContext({ contextId }: Message): string | undefined {
  if (contextId === '') return undefined
  if (isContextId(contextId)) return contextId
  throw malformed('message.contextId', '1 to 128 of A-Z a-z 0-9 _ : -')
}

function readChallengeId(challengeId: string | undefined): string | undefined {
  if (challengeId === undefined || isChallengeId(challengeId)) return challengeId
  throw malformed('challengeId', 'the id of a challenge')
}

/** The message's own task, or else the one that its payment or proof names. */
function taskFor(
  message: Message,
  task: TaskName | undefined,
  challengeId: string | undefined,
): TaskName {
  if (task === undefined) {
    if (challengeId === undefined) throw malformed('message.taskId', 'the task that is paid for')
    return { by: 'challenge', challengeId, contextId: readContext(message) }
  }
  const other = challengeId !== undefined && task.by === 'challenge'
  if (other && task.challengeId !== challengeId)
    throw new Key0Error('REQUEST_CONFLICT', { facts: { field: 'message.taskId' } })
  return task
}

function readProof(
  txHash: string | undefined,
  payerSignature: string | undefined,
): Omit<PresentedTransfer, 'challengeId'> {
  if (!isHex(txHash, 32, 32)) throw malformed('txHash', '0x and 64 hex digits')
  if (payerSignature === undefined) return { txHash }
  if (!isHex(payerSignature, 1, 4_096))
    throw malformed('payerSignature', 'a signature, 0x and whole bytes in hex, at most 4096')
  return { txHash, payerSignature }
}

function isHex(
  value: string | undefined,
  minBytes: number,
  maxBytes: number,
): value is `0x${string}` {
  if (value === undefined || !/^0x[0-9a-fA-F]*$/.test(value)) return false
  const digits = value.length - 2
  return digits % 2 === 0 && digits >= 2 * minBytes && digits <= 2 * maxBytes
}
