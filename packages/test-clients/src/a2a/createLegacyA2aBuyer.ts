import { randomUUID } from 'node:crypto'
import * as legacy from 'a2a-sdk-legacy/client'
import type { A2aBuyer, SeenPart, SeenTask } from './A2aBuyer.ts'

/** The x402 extension, by the name that its own library uses. */
const extension = 'https://github.com/google-a2a/a2a-x402/v0.1'

/** `@a2a-js/sdk` 0.3.14, from before 1.0 was. */
export async function createLegacyA2aBuyer(
  url: string,
  fetchImpl: typeof fetch = fetch,
): Promise<A2aBuyer> {
  const factory = new legacy.ClientFactory({
    transports: [new legacy.JsonRpcTransportFactory({ fetchImpl })],
    cardResolver: new legacy.DefaultAgentCardResolver({ fetchImpl }),
  })
  const client = await factory.createFromUrl(url)
  const options = { serviceParameters: { 'X-A2A-Extensions': extension } }
  return {
    async send({ taskId, contextId, data, text, metadata }) {
      const answer = await client.sendMessage(
        {
          message: {
            ...{ kind: 'message', messageId: randomUUID(), role: 'user' },
            ...(taskId && { taskId }),
            ...(contextId && { contextId }),
            ...(metadata && { metadata }),
            parts: [
              ...(data ? [{ kind: 'data', data } as const] : []),
              ...(text ? [{ kind: 'text', text } as const] : []),
            ],
          },
        },
        options,
      )
      if (answer.kind !== 'task') throw new Error('a message came, and no task')
      return toLegacySeen(answer)
    },
    get: async (id) => toLegacySeen(await client.getTask({ id }, options)),
    cancel: async (id) => toLegacySeen(await client.cancelTask({ id }, options)),
  }
}

function toLegacySeen(task: Awaited<ReturnType<legacy.Client['getTask']>>): SeenTask {
  const [text] = task.status.message?.parts ?? []
  const parts = task.artifacts?.[0]?.parts ?? []
  const [part] = parts
  return {
    ...{ id: task.id, contextId: task.contextId, state: task.status.state },
    text: text?.kind === 'text' ? text.text : '',
    metadata: task.status.message?.metadata ?? {},
    goods: parts.map(toSeenPart),
    grant: part?.kind === 'data' ? (part.data as SeenTask['grant']) : undefined,
  }
}

type Part = NonNullable<Awaited<ReturnType<legacy.Client['getTask']>>['artifacts']>[0]['parts'][0]

function toSeenPart(part: Part): SeenPart {
  if (part.kind === 'data') return { data: part.data }
  if (part.kind === 'file' && 'bytes' in part.file)
    return { bytes: part.file.bytes, mediaType: part.file.mimeType ?? '' }
  throw new Error(`a ${part.kind} part came`)
}
