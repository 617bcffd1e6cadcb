import { malformed, problemOf, readBody, toProblem } from '@key0/checkout'
import { type ErrorCode, Key0Error } from '@key0/core'
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js'
import { type Context, createContext, paths } from './Context.ts'
import { createDispatcher } from './createDispatcher.ts'
import { exchange, type Host } from './http/exchange.ts'
import { answerPreflight, judgeOrigin } from './http/judgeOrigin.ts'
import { type Headers, respondError, rpcCodes } from './http/respond.ts'
import { writeCard } from './http/writeCard.ts'
import { type McpHandlerOptions, readOptions, type Settings } from './McpOptions.ts'
import { listTools } from './tools/listTools.ts'

/** Answers requests. Never throws: what goes wrong becomes an answer. */
export type McpHandler = {
  (request: Request): Promise<Response>
  /** Whether a request's path is one of ours; a framework passes on all others. */
  readonly matches: (request: Pick<Request, 'url'>) => boolean
  /** Sentences for the seller's log: offers that some buyers will not be able to take. */
  readonly warnings: readonly string[]
}

/**
 * Sells a checkout's plans as MCP tools over streamable HTTP, stateless, paid by x402 v2.
 *
 * - `POST /mcp` takes one JSON-RPC message and answers with JSON; `GET` and `DELETE` are 405.
 * - `GET /.well-known/mcp.json` tells what there is.
 *
 * @throws CONFIG_INVALID naming every mistake in the options.
 */
export function createMcpHandler(options: McpHandlerOptions): McpHandler {
  const settings = readOptions(options)
  const { checkout } = settings
  const context = createContext(settings)
  const tools = listTools(context, settings.routes)
  const info = { name: checkout.seller.name, title: checkout.seller.name, version: '1.0.0' }
  const host = { dispatch: createDispatcher(tools, context), info, instructions }
  const card = serveCard(writeCard(checkout, info, tools))
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === paths.card) return card(request)
    const cors = judgeOrigin(request, settings)
    try {
      if (cors === undefined) throw new Key0Error('ORIGIN_REFUSED')
      if (pathname !== paths.rpc) throw new Key0Error('NOT_FOUND')
      if (request.method === 'OPTIONS') return answerPreflight(methods, cors)
      return withHeaders(await answer(request, settings, host), cors)
    } catch (error) {
      return writeFailure(error, context, cors ?? {})
    }
  }
  return Object.assign(handle, {
    matches: ({ url }: Pick<Request, 'url'>) => isOurs(new URL(url).pathname),
    warnings: checkout.warnings,
  })
}

const instructions =
  'Call discover_plans to see what is for sale. Call request_access to buy: without a payment it ' +
  'answers with an x402 offer; call it again with the signed payment in _meta["x402/payment"]. ' +
  'A lost answer is recovered by the same call: it is charged once. When an answer names ' +
  'retryAfterSeconds, repeat the same call; do not sign another payment.'

const methods = 'POST, OPTIONS'

function isOurs(pathname: string): boolean {
  return pathname === paths.rpc || pathname === paths.card
}

async function answer(request: Request, settings: Settings, host: Host): Promise<Response> {
  if (request.method !== 'POST')
    throw new Key0Error('METHOD_NOT_ALLOWED', { facts: { expected: methods } })
  const version = request.headers.get('mcp-protocol-version')
  if (version !== null && !SUPPORTED_PROTOCOL_VERSIONS.includes(version))
    throw malformed('mcp-protocol-version', SUPPORTED_PROTOCOL_VERSIONS.join(', '))
  // An object: batches were in one revision of MCP (2025-03-26) and are gone from the next. A call
  // and its cancellation in one batch would be a request that nobody ever answers.
  const message = await readBody(request, settings.maxBodyBytes)
  if (message.jsonrpc !== '2.0') throw malformed('$.jsonrpc', '"2.0"')
  return exchange(request, message, host)
}

/** Failures before a message is a request: there is no id to answer to, so HTTP says it as well. */
const statuses: Readonly<Partial<Record<ErrorCode, number>>> = {
  REQUEST_MALFORMED: 400,
  BODY_TOO_LARGE: 413,
  MEDIA_TYPE_UNSUPPORTED: 415,
  METHOD_NOT_ALLOWED: 405,
  NOT_FOUND: 404,
  ORIGIN_REFUSED: 403,
}

function writeFailure(error: unknown, { checkout, report }: Context, cors: Headers): Response {
  const problem = toProblem(error)
  report(problem, error)
  const status = statuses[problem.code] ?? 500
  const headers = { ...cors, ...(status === 405 && { allow: methods }) }
  const code = status === 400 ? rpcCodes.invalidRequest : rpcCodes.transport
  return respondError(status, code, problem, { seller: checkout.seller, headers })
}

function withHeaders(response: Response, headers: Headers): Response {
  response.headers.set('cache-control', 'no-store')
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}

/** The card is for everybody: it says nothing that a stranger could not ask. */
function serveCard(card: string): (request: Request) => Response {
  const allow = 'GET, HEAD, OPTIONS'
  const cors = { 'access-control-allow-origin': '*' }
  const headers = { ...cors, 'content-type': 'application/json', 'cache-control': 'no-cache' }
  return ({ method }) => {
    if (method === 'OPTIONS') return answerPreflight(allow, cors)
    if (method === 'GET') return new Response(card, { headers })
    if (method === 'HEAD') return new Response(null, { headers })
    return new Response(JSON.stringify(problemOf('METHOD_NOT_ALLOWED', { expected: allow })), {
      status: 405,
      headers: { ...headers, allow },
    })
  }
}
