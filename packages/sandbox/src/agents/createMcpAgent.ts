import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { type AgentOptions, type Bought, insist, type Offer, payFor, refused } from './payment.ts'

/** A buyer that speaks MCP. */
export type McpAgent = AsyncDisposable & {
  readonly listTools: () => Promise<readonly string[]>
  /** Calls a tool that costs nothing. */
  readonly ask: (
    tool: string,
    args?: Readonly<Record<string, unknown>>,
  ) => Promise<Bought['content']>
  /**
   * Calls a tool, pays what it asks, and calls it again until it knows how that ended. It signs
   * once: while nobody knows whether a payment arrived, the very same call is repeated.
   *
   * @throws {SandboxError} `agent_refused` when nothing was bought, with what the tool said.
   */
  readonly buy: (tool: string, args: Readonly<Record<string, unknown>>) => Promise<Bought>
}

/**
 * A sample agent, over the MCP SDK's own client. `url` is the server's, such as
 * `http://127.0.0.1:3000/mcp`.
 */
export async function createMcpAgent(options: AgentOptions): Promise<McpAgent> {
  const client = new Client({ name: 'key0-sandbox-agent', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(options.url))
  await client.connect(transport as Parameters<Client['connect']>[0])
  const call: Call = async (name, args, payment) => {
    const _meta = payment && { 'x402/payment': payment }
    const result = await client.callTool({ name, arguments: { ...args }, ...(_meta && { _meta }) })
    const { structuredContent, isError } = result as Omit<Answer, '_meta'>
    return { structuredContent, isError, _meta: result._meta as Answer['_meta'] }
  }
  return {
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    ask: async (tool, args = {}) => contentOf(await call(tool, args)),
    async buy(tool, args) {
      const asked = await call(tool, args)
      const { structuredContent: said = {}, isError } = asked
      const accepts = isError ? (said.accepts as readonly Offer[] | undefined) : undefined
      const payment = await payFor(accepts, options, said)
      return toBought(await insist(() => call(tool, args, payment), secondsToWait))
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}

type Answer = {
  readonly structuredContent?: Readonly<Record<string, unknown>> | undefined
  readonly isError?: boolean | undefined
  readonly _meta?: Readonly<Record<string, unknown>> | undefined
}

type Call = (
  tool: string,
  args: Readonly<Record<string, unknown>>,
  payment?: object,
) => Promise<Answer>

function contentOf({ structuredContent = {}, isError }: Answer): Bought['content'] {
  if (isError) throw refused(structuredContent)
  return structuredContent
}

function secondsToWait({ structuredContent = {} }: Answer): number | undefined {
  const { retry, retryAfterSeconds } = structuredContent
  return retry === 'later' ? Number(retryAfterSeconds ?? 1) : undefined
}

function toBought(answer: Answer): Bought {
  const content = contentOf(answer)
  return { content, settlement: answer._meta?.['x402/payment-response'] as Bought['settlement'] }
}
