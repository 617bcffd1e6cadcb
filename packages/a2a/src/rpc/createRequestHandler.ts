import type { AgentCard } from '@a2a-js/sdk'
import { PushNotificationNotSupportedError, UnsupportedOperationError } from '@a2a-js/sdk/errors'
import type { A2ARequestHandler, ServerCallContext } from '@a2a-js/sdk/server'
import type { Agent } from '../sale/createAgent.ts'
import { A2aFault, type Semantic } from './A2aFault.ts'
import { noStreams } from './rpcError.ts'

const FAILURE = 'key0.failure'

/** Why a call failed, in our own words: the SDK's transports know only theirs. */
export function failureOf(context: ServerCallContext): unknown {
  return context.state.get(FAILURE)
}

/**
 * The agent behind the SDK's interface, which both generations' transports call. What this agent
 * does not do (streams, pushes, lists of tasks, a second card) is refused by name.
 */
export function createRequestHandler(agent: Agent, card: AgentCard): A2ARequestHandler {
  const noted = async <result>(
    context: ServerCallContext,
    work: Promise<result>,
  ): Promise<result> => {
    try {
      return await work
    } catch (error) {
      context.state.set(FAILURE, error)
      throw error
    }
  }
  const not =
    (semantic: Semantic) =>
    (_: unknown, context: ServerCallContext): never => {
      const fault = new A2aFault(semantic, 'METHOD_NOT_ALLOWED', noStreams)
      context.state.set(FAILURE, fault)
      throw fault
    }
  const unsupported = not(UnsupportedOperationError)
  const noPush = not(PushNotificationNotSupportedError)
  return {
    getAgentCard: async () => card,
    sendMessage: (params, context) =>
      noted(context, agent.send(params, context.requestedExtensions ?? [])),
    getTask: (params, context) => noted(context, agent.show(params)),
    cancelTask: (params, context) => noted(context, agent.cancel(params)),
    sendMessageStream: unsupported,
    resubscribe: unsupported,
    // Nobody here has proven to be anybody, so there is nobody whose tasks could be listed.
    listTasks: unsupported,
    getAuthenticatedExtendedAgentCard: unsupported,
    createTaskPushNotificationConfig: noPush,
    getTaskPushNotificationConfig: noPush,
    listTaskPushNotificationConfigs: noPush,
    deleteTaskPushNotificationConfig: noPush,
  }
}
