import { createCheckout } from '@key0/checkout'
import { type Address, createCatalog, createEngine } from '@key0/core'
import { createTestContext, fakeAccounts, signAuthorization } from '@key0/core/testing'
import type { PaymentPayload, PaymentRequired } from '@key0/x402'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import {
  createMcpHandler,
  type McpEvent,
  type McpHandler,
  type McpHandlerOptions,
} from '../src/exports/index.ts'

export const url = 'https://pay.example/mcp'

export type Shop = Omit<ReturnType<typeof createTestContext>, 'events'> & {
  readonly handler: McpHandler
  readonly events: readonly McpEvent[]
}

/** The handler over the real engine and a stand-in chain. */
export function openShop(
  options: Partial<McpHandlerOptions> = {},
  plans?: Parameters<typeof createCatalog>[0],
): Shop {
  const world = createTestContext()
  const engine = plans
    ? createEngine({ ...world.ctx, catalog: createCatalog(plans, 6) })
    : world.engine
  const { chainId, payTo, token } = world.ctx.settings
  const seller = {
    name: 'Rücklage',
    description: 'Daily reports',
    publicUrl: 'https://pay.example/',
    chainId,
    payTo,
    token: { address: token, symbol: 'USDC', decimals: 6, name: 'USDC', version: '2' },
  }
  const events: McpEvent[] = []
  const checkout = createCheckout({ engine, seller })
  const observe = (event: McpEvent): void => void events.push(event)
  return { ...world, events, handler: createMcpHandler({ checkout, observe, ...options }) }
}

export type Agent = {
  readonly client: Client
  /** Calls `request_access`, with whatever stands in `_meta`. */
  readonly buy: (
    args?: Record<string, unknown>,
    meta?: Record<string, unknown>,
  ) => Promise<CallToolResult>
}

/** The SDK's own client, its requests handed to the handler. */
export async function connect(
  { handler }: Shop,
  headers: Record<string, string> = {},
): Promise<Agent> {
  const client = new Client({ name: 'agent', version: '1.0.0' })
  const fetch = (to: string | URL, init?: RequestInit): Promise<Response> =>
    handler(new Request(to, init))
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch,
    requestInit: { headers },
  })
  await client.connect(transport as Parameters<Client['connect']>[0])
  return {
    client,
    buy: async (args = { planId: 'basic' }, meta = {}) =>
      (await client.callTool({
        name: 'request_access',
        arguments: args,
        _meta: meta,
      })) as CallToolResult,
  }
}

export type Told = PaymentRequired & {
  readonly code: string
  readonly retry: string
  readonly facts: Readonly<Record<string, string>>
  readonly challengeId?: string
  readonly requestId: string
}

/** What a result tells, after making sure that it tells it in every dialect alike. */
export function readTold({ content, structuredContent }: CallToolResult): Told {
  const [first, ...others] = content
  const text = first?.type === 'text' ? first.text : ''
  if (others.length > 0) throw new Error('more than one content')
  if (JSON.stringify(structuredContent) !== text) throw new Error(`not the same: ${text}`)
  return JSON.parse(text)
}

/** What a client makes of an offer, signed for real as far as the stand-in chain is real. */
export function signFor(
  shop: Shop,
  { accepts: [accepted] }: Pick<PaymentRequired, 'accepts'>,
  nonce: string,
  from: Address = fakeAccounts.buyer,
): PaymentPayload {
  if (!accepted) throw new Error('no offer')
  const seconds = BigInt(Math.floor(shop.ctx.clock.nowMs() / 1000))
  const validBefore = seconds + BigInt(accepted.maxTimeoutSeconds)
  const message = {
    ...{ from, to: accepted.payTo, value: BigInt(accepted.amount) },
    ...{ validAfter: 0n, validBefore, nonce: `0x${nonce.repeat(32)}` as const },
  }
  const { signature } = signAuthorization(accepted.asset, message)
  const authorization = {
    ...message,
    ...{ value: `${message.value}`, validAfter: '0', validBefore: `${validBefore}` },
  }
  return { x402Version: 2, accepted, payload: { signature, authorization } }
}

export const toBase64 = (payment: object): string => btoa(JSON.stringify(payment))
