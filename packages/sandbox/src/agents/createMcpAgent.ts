import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Address, Hex } from 'viem'
import { SandboxError } from '../SandboxError.ts'
import { signTransferAuthorization } from '../signTransferAuthorization.ts'

export type McpAgentOptions = {
  /** The MCP server, such as `http://127.0.0.1:3000/mcp`. */
  readonly url: string
  readonly wallet: { readonly privateKey: Hex }
  /** Atomic units; what costs more is not bought. */
  readonly maxAmount: bigint
}

/** What a call brought, and what became of its payment. */
export type Bought = {
  readonly content: Readonly<Record<string, unknown>>
  readonly settlement: Readonly<Record<string, unknown>>
}

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

/** How often the same call is repeated while its outcome is open. */
const maxRepeats = 30

/** A sample agent, over the MCP SDK's own client. */
export async function createMcpAgent(options: McpAgentOptions): Promise<McpAgent> {
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
      const payment = await sign(readOffer(asked, options.maxAmount), options.wallet.privateKey)
      return toBought(await insist(() => call(tool, args, payment)))
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

type Offer = {
  readonly scheme: string
  readonly network: string
  readonly amount: string
  readonly asset: Address
  readonly payTo: Address
  readonly maxTimeoutSeconds: number
  readonly extra: { readonly name: string }
}

function contentOf({ structuredContent = {}, isError }: Answer): Bought['content'] {
  if (isError) throw refused(structuredContent)
  return structuredContent
}

/** The offer to take, if there is one that this agent would pay. */
function readOffer({ structuredContent = {}, isError }: Answer, maxAmount: bigint): Offer {
  const { accepts } = structuredContent as { readonly accepts?: readonly Offer[] }
  const offer = accepts?.find(({ scheme, network }) => scheme === 'exact' && isEvm(network))
  if (!isError || offer === undefined) throw refused(structuredContent)
  if (BigInt(offer.amount) > maxAmount)
    throw new SandboxError(
      'agent_refused',
      `it costs ${offer.amount}, and at most ${maxAmount} is paid`,
    )
  return offer
}

const isEvm = (network: string): boolean => /^eip155:\d+$/.test(network)

async function sign(offer: Offer, privateKey: Hex): Promise<object> {
  const { network, asset, payTo, amount, maxTimeoutSeconds, extra } = offer
  const { authorization, signature } = await signTransferAuthorization({
    privateKey,
    to: payTo,
    value: BigInt(amount),
    validBefore: BigInt(Math.floor(Date.now() / 1000) + maxTimeoutSeconds),
    domain: {
      ...{ name: extra.name, version: '2' as const },
      ...{ chainId: Number(network.slice('eip155:'.length)), verifyingContract: asset },
    },
  })
  const { value, validAfter, validBefore, ...rest } = authorization
  const numbers = { value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` }
  const payload = { signature, authorization: { ...rest, ...numbers } }
  return { x402Version: 2, accepted: offer, payload }
}

/** Repeats a call whose answer was lost, or says to ask again. */
async function insist(call: () => Promise<Answer>): Promise<Answer> {
  for (let repeat = 0; ; repeat += 1) {
    const answer = await call().catch((error: unknown) => {
      if (repeat >= maxRepeats) throw error
      return undefined
    })
    const { retry, retryAfterSeconds } = answer?.structuredContent ?? {}
    if (answer && (retry !== 'later' || repeat >= maxRepeats)) return answer
    await new Promise((done) => setTimeout(done, Number(retryAfterSeconds ?? 1) * 1_000))
  }
}

function toBought(answer: Answer): Bought {
  const content = contentOf(answer)
  return { content, settlement: answer._meta?.['x402/payment-response'] as Bought['settlement'] }
}

function refused(said: object): SandboxError {
  return new SandboxError('agent_refused', JSON.stringify(said).slice(0, 500))
}
