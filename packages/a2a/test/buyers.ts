import { randomUUID } from 'node:crypto'
import { Role, taskStateToJSON } from '@a2a-js/sdk'
import * as modern from '@a2a-js/sdk/client'
import type { PaymentRequired, SettlementResponse } from '@key0/x402'
import * as legacy from 'a2a-sdk-legacy/client'
import { x402Extensions } from '../src/exports/index.ts'

/** A task, in the words that both generations' clients have in common. */
export type Seen = {
  readonly id: string
  readonly contextId: string
  /** As 0.3 writes it, such as `input-required`. */
  readonly state: string
  readonly text: string
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly 'x402.payment.required'?: PaymentRequired
    readonly 'x402.payment.receipts'?: readonly SettlementResponse[]
  }
  readonly grant: { readonly accessToken: string; readonly challengeId: string } | undefined
}

export type Draft = {
  readonly taskId?: string
  readonly contextId?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly text?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** A client that we did not write, behind one face. */
export type Buyer = {
  readonly send: (draft: Draft) => Promise<Seen>
  readonly get: (id: string) => Promise<Seen>
  readonly cancel: (id: string) => Promise<Seen>
}

type Fetch = typeof fetch

const transports = (fetchImpl: Fetch): modern.JsonRpcTransportFactory =>
  new modern.JsonRpcTransportFactory({ fetchImpl, legacyCompat: { enabled: true } })

/** `@a2a-js/sdk` 1.3 as it comes: it picks protocol 1.0 from our card. */
export async function createModernBuyer(url: string, fetchImpl: Fetch = fetch): Promise<Buyer> {
  const resolver = new modern.DefaultAgentCardResolver({ fetchImpl })
  return toBuyer(await resolver.resolve(url), fetchImpl, 'A2A-Extensions')
}

/** The same client, made to speak 0.3. */
export async function createCompatBuyer(url: string, fetchImpl: Fetch = fetch): Promise<Buyer> {
  const resolver = new modern.DefaultAgentCardResolver({ fetchImpl })
  const card = await resolver.resolve(url, '/.well-known/agent.json')
  const old = card.supportedInterfaces.filter(({ protocolVersion }) => protocolVersion === '0.3')
  return toBuyer({ ...card, supportedInterfaces: old }, fetchImpl, 'X-A2A-Extensions')
}

async function toBuyer(
  card: Awaited<ReturnType<modern.DefaultAgentCardResolver['resolve']>>,
  fetchImpl: Fetch,
  header: string,
): Promise<Buyer> {
  const factory = new modern.ClientFactory({ transports: [transports(fetchImpl)] })
  const client = await factory.createFromAgentCard(card)
  const options = { serviceParameters: { [header]: x402Extensions.v02 } }
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

function toSeen(task: Awaited<ReturnType<modern.Client['getTask']>>): Seen {
  const [text] = task.status?.message?.parts ?? []
  const [part] = task.artifacts[0]?.parts ?? []
  const state = taskStateToJSON(task.status?.state ?? 0)
  return {
    ...{ id: task.id, contextId: task.contextId },
    state: state.replace('TASK_STATE_', '').toLowerCase().replace('_', '-'),
    text: `${text?.content?.value}`,
    metadata: task.status?.message?.metadata ?? {},
    grant: part?.content?.value as Seen['grant'],
  }
}

/** `@a2a-js/sdk` 0.3.14, from before 1.0 was. */
export async function createLegacyBuyer(url: string, fetchImpl: Fetch = fetch): Promise<Buyer> {
  const factory = new legacy.ClientFactory({
    transports: [new legacy.JsonRpcTransportFactory({ fetchImpl })],
    cardResolver: new legacy.DefaultAgentCardResolver({ fetchImpl }),
  })
  const client = await factory.createFromUrl(url)
  const options = { serviceParameters: { 'X-A2A-Extensions': x402Extensions.v01 } }
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

function toLegacySeen(task: Awaited<ReturnType<legacy.Client['getTask']>>): Seen {
  const [text] = task.status.message?.parts ?? []
  const [part] = task.artifacts?.[0]?.parts ?? []
  return {
    ...{ id: task.id, contextId: task.contextId, state: task.status.state },
    text: text?.kind === 'text' ? text.text : '',
    metadata: task.status.message?.metadata ?? {},
    grant: part?.kind === 'data' ? (part.data as Seen['grant']) : undefined,
  }
}

type CreateBuyer = (url: string, fetchImpl?: Fetch) => Promise<Buyer>

/** Every client, by the name that a test shows. */
export const buyers: readonly (readonly [name: string, create: CreateBuyer])[] = [
  ['@a2a-js/sdk 1.3, protocol 1.0', createModernBuyer],
  ['@a2a-js/sdk 1.3, protocol 0.3', createCompatBuyer],
  ['@a2a-js/sdk 0.3.14', createLegacyBuyer],
]
