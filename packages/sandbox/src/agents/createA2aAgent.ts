import { randomUUID } from 'node:crypto'
import { SandboxError } from '../SandboxError.ts'
import { type AgentOptions, type Bought, insist, type Offer, payFor, refused } from './payment.ts'

/** An agent that buys from agents, over A2A 1.0 and its x402 extension. */
export type A2aAgent = {
  /** What the other agent says of itself. */
  readonly readCard: () => Promise<Readonly<Record<string, unknown>>>
  /**
   * Asks for something, such as `{ planId }` or `{ resource: { method, path } }`, pays what the task
   * asks, and sends the payment again until it knows how that ended. It signs once.
   *
   * @throws {SandboxError} `agent_refused` when nothing was bought, with what the task said.
   */
  readonly buy: (data: Readonly<Record<string, unknown>>) => Promise<Bought>
}

const extension = 'https://github.com/google-agentic-commerce/a2a-x402/blob/main/spec/v0.2'

/** A sample agent, in plain JSON-RPC. `url` is where the other agent's card is. */
export function createA2aAgent(options: AgentOptions): A2aAgent {
  const readCard: A2aAgent['readCard'] = async () => {
    const response = await fetch(new URL('/.well-known/agent-card.json', options.url))
    return (await response.json()) as Awaited<ReturnType<A2aAgent['readCard']>>
  }
  return {
    readCard,
    async buy(data) {
      const { supportedInterfaces = [] } = (await readCard()) as Card
      const ours = supportedInterfaces.find(
        ({ protocolBinding, protocolVersion }) =>
          protocolBinding === 'JSONRPC' && protocolVersion === '1.0',
      )
      if (ours === undefined) throw new SandboxError('agent_refused', 'it does not speak A2A 1.0')
      const send = createSend(ours.url)
      const parts = [{ data, mediaType: 'application/json' }]
      const asked = await send({ parts })
      const said = metadataOf(asked)
      const { accepts } = (said['x402.payment.required'] ?? {}) as { accepts?: readonly Offer[] }
      const metadata = {
        'x402.payment.status': 'payment-submitted',
        'x402.payment.payload': await payFor(accepts, options, said),
      }
      const paid = await insist(
        // What is asked for goes with its payment: nobody else keeps the body of a request.
        () => send({ taskId: asked.id, parts, metadata }),
        ({ status }) => (status.state === 'TASK_STATE_WORKING' ? 1 : undefined),
      )
      return toBought(paid)
    },
  }
}

type Card = {
  readonly supportedInterfaces?: readonly {
    readonly url: string
    readonly protocolBinding: string
    readonly protocolVersion: string
  }[]
}

type Task = {
  readonly id: string
  readonly status: {
    readonly state: string
    readonly message?: { readonly metadata?: Readonly<Record<string, unknown>> }
  }
  readonly artifacts?: readonly {
    readonly parts: readonly { readonly data?: Bought['content'] }[]
  }[]
}

function createSend(url: string): (fields: object) => Promise<Task> {
  return async (fields) => {
    const message = { messageId: randomUUID(), role: 'ROLE_USER', ...fields }
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'a2a-version': '1.0',
        'a2a-extensions': extension,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message } }),
    })
    const { result, error } = (await response.json()) as {
      readonly result?: { readonly task?: Task }
      readonly error?: object
    }
    if (result?.task === undefined) throw refused(error ?? {})
    return result.task
  }
}

function metadataOf({ status }: Task): Readonly<Record<string, unknown>> {
  return status.message?.metadata ?? {}
}

function toBought(task: Task): Bought {
  const said = metadataOf(task)
  const content = task.artifacts?.[0]?.parts[0]?.data
  if (task.status.state !== 'TASK_STATE_COMPLETED' || content === undefined) throw refused(said)
  const receipts = said['x402.payment.receipts'] as readonly Bought['settlement'][] | undefined
  return { content, settlement: receipts?.at(-1) ?? {} }
}
