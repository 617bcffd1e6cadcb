import {
  type CancelTaskRequest,
  type GetTaskRequest,
  type Message,
  Role,
  type SendMessageRequest,
  type Task,
} from '@a2a-js/sdk'
import { ExtensionSupportRequiredError } from '@a2a-js/sdk/errors'
import { malformed } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import type { Settings } from '../A2aOptions.ts'
import { ourExtensions, x402Extensions } from '../extensions.ts'
import { type Ask, readMessage } from '../message/readMessage.ts'
import { A2aFault } from '../rpc/A2aFault.ts'
import { contextOf, parseTaskName, type TaskName } from '../task/TaskName.ts'
import { writeTask } from '../task/writeTask.ts'
import { findView } from './findView.ts'
import { namePrice } from './namePrice.ts'
import { pay, prove } from './settle.ts'

/** The three things a client of this agent can do, in no generation's words. */
export type Agent = {
  /** @param activated Which of our extensions the request's headers activate. */
  readonly send: (request: SendMessageRequest, activated: readonly string[]) => Promise<Task>
  readonly show: (request: GetTaskRequest) => Promise<Task>
  readonly cancel: (request: CancelTaskRequest) => Promise<Task>
}

/**
 * The agent. It remembers nothing: a task is its challenge, so any process that shares the store
 * goes on with it. It waits for the outcome of a payment even when a client asks it not to, and
 * answers with what is known by then.
 */
export function createAgent(settings: Settings): Agent {
  return {
    async send({ message }, activated) {
      if (message === undefined) throw malformed('message', 'a message')
      if (message.role !== Role.ROLE_USER) throw malformed('message.role', 'the user’s role')
      if (message.messageId === '') throw malformed('message.messageId', 'an id of the message')
      assertShape(message)
      assertActivated([...activated, ...ourExtensions(message.extensions)], message.metadata)
      const ask = readMessage(message)
      if ('task' in ask) await assertContext(message.contextId, ask.task)
      return answer(ask, settings)
    },
    async show({ id }) {
      const name = readName(id)
      return writeTask(name, await findView(name, settings))
    },
    async cancel({ id }) {
      return decline(readName(id), settings)
    },
  }
}

/** The SDK's reader of 0.3 hands on whatever stands in a field. */
function assertShape(message: Message): void {
  for (const name of ['taskId', 'contextId'] as const)
    if (typeof message[name] !== 'string') throw malformed(`message.${name}`, 'text')
  const { extensions, metadata = {} } = message
  if (!Array.isArray(extensions)) throw malformed('message.extensions', 'a list of URIs')
  if (typeof metadata !== 'object' || metadata === null)
    throw malformed('message.metadata', 'an object')
}

/** A payment that says it is one needs no announcement. */
function assertActivated(
  activated: readonly string[],
  metadata: Readonly<Record<string, unknown>> = {},
): void {
  const speaks = Object.keys(metadata).some((key) => key.startsWith('x402.payment.'))
  if (speaks || activated.length > 0) return
  throw new A2aFault(ExtensionSupportRequiredError, 'REQUEST_MALFORMED', {
    field: 'A2A-Extensions',
    expected: Object.values(x402Extensions).join(' or '),
  })
}

/** A message for a task of another conversation is somebody's mistake. */
async function assertContext(contextId: string, task: TaskName): Promise<void> {
  if (contextId === '' || contextId === (await contextOf(task))) return
  throw new Key0Error('REQUEST_CONFLICT', { facts: { field: 'message.contextId' } })
}

function readName(id: string): TaskName {
  if (typeof id !== 'string') throw malformed('id', 'the id of a task')
  const name = parseTaskName(id)
  if (name === undefined) throw new Key0Error('CHALLENGE_UNKNOWN')
  return name
}

async function answer(ask: Ask, settings: Settings): Promise<Task> {
  switch (ask.kind) {
    case 'price':
      return namePrice(ask, settings)
    case 'pay':
      return pay(ask, settings)
    case 'prove':
      return prove(ask, settings)
    case 'decline':
      return decline(ask.task, settings)
    case 'show':
      return writeTask(ask.task, await findView(ask.task, settings))
  }
}

/** Only who knows a challenge may end it, and only while nothing was paid for it. */
async function decline(name: TaskName, settings: Settings): Promise<Task> {
  if (name.by !== 'challenge') throw new Key0Error('CHALLENGE_NOT_CANCELLABLE')
  // Only what is shown here is ended here.
  await findView(name, settings)
  try {
    await settings.checkout.engine.cancel(name.challengeId)
  } catch (error) {
    if (!Key0Error.is(error, 'SETTLEMENT_PENDING')) throw error
    throw new Key0Error('CHALLENGE_NOT_CANCELLABLE', { cause: error })
  }
  return writeTask(name, await findView(name, settings))
}
