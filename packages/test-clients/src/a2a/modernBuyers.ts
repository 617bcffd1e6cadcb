import { randomUUID } from 'node:crypto'
import { Role, taskStateToJSON } from '@a2a-js/sdk'
import * as modern from '@a2a-js/sdk/client'
import type { A2aBuyer, SeenPart, SeenTask } from './A2aBuyer.ts'

/** The x402 extension, by the newer of its names. */
const extension = 'https://github.com/google-agentic-commerce/a2a-x402/blob/main/spec/v0.2'

type Fetch = typeof fetch

const transports = (fetchImpl: Fetch): modern.JsonRpcTransportFactory =>
  new modern.JsonRpcTransportFactory({ fetchImpl, legacyCompat: { enabled: true } })

/** `@a2a-js/sdk` 1.3 as it comes: it picks protocol 1.0 from our card. */
export async function createModernA2aBuyer(
  url: string,
  fetchImpl: Fetch = fetch,
): Promise<A2aBuyer> {
  const resolver = new modern.DefaultAgentCardResolver({ fetchImpl })
  return toBuyer(await resolver.resolve(url), fetchImpl, 'A2A-Extensions')
}

/** The same client, made to speak 0.3. */
export async function createCompatA2aBuyer(
  url: string,
  fetchImpl: Fetch = fetch,
): Promise<A2aBuyer> {
  const resolver = new modern.DefaultAgentCardResolver({ fetchImpl })
  const card = await resolver.resolve(url, '/.well-known/agent.json')
  const old = card.supportedInterfaces.filter(({ protocolVersion }) => protocolVersion === '0.3')
  return toBuyer({ ...card, supportedInterfaces: old }, fetchImpl, 'X-A2A-Extensions')
}

async function toBuyer(
  card: Awaited<ReturnType<modern.DefaultAgentCardResolver['resolve']>>,
  fetchImpl: Fetch,
  header: string,
): Promise<A2aBuyer> {
  const factory = new modern.ClientFactory({ transports: [transports(fetchImpl)] })
  const client = await factory.createFromAgentCard(card)
  const options = { serviceParameters: { [header]: extension } }
  return {
    async send({ taskId = '', contextId = '', data, text, metadata }) {
      const common = { metadata: undefined, filename: '', mediaType: '' }
      const answer = await client.sendMessage(
        {
          tenant: '',
          message: {
            ...{ messageId: randomUUID(), taskId, contextId, role: Role.ROLE_USER, metadata },
            ...{ extensions: [], referenceTaskIds: [] },
            parts: [
              ...(data ? [{ content: { $case: 'data', value: data }, ...common } as const] : []),
              ...(text ? [{ content: { $case: 'text', value: text }, ...common } as const] : []),
            ],
          },
          configuration: undefined,
          metadata: undefined,
        },
        options,
      )
      if (!('status' in answer)) throw new Error('a message came, and no task')
      return toSeen(answer)
    },
    get: async (id) => toSeen(await client.getTask({ tenant: '', id }, options)),
    cancel: async (id) =>
      toSeen(await client.cancelTask({ tenant: '', id, metadata: undefined }, options)),
  }
}

type Task = Awaited<ReturnType<modern.Client['getTask']>>

function toSeen(task: Task): SeenTask {
  const [text] = task.status?.message?.parts ?? []
  const parts = task.artifacts[0]?.parts ?? []
  const state = taskStateToJSON(task.status?.state ?? 0)
  return {
    ...{ id: task.id, contextId: task.contextId },
    state: state.replace('TASK_STATE_', '').toLowerCase().replace('_', '-'),
    text: `${text?.content?.value}`,
    metadata: task.status?.message?.metadata ?? {},
    goods: parts.map(toSeenPart),
    grant: parts[0]?.content?.value as SeenTask['grant'],
  }
}

function toSeenPart({ content, mediaType }: Task['artifacts'][0]['parts'][0]): SeenPart {
  if (content?.$case === 'data') return { data: content.value }
  if (content?.$case === 'raw')
    return { bytes: Buffer.from(content.value).toString('base64'), mediaType }
  throw new Error(`a ${content?.$case} part came`)
}
