import { A2A_ERROR_CODE } from '@a2a-js/sdk/errors'
import { readBody } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import { type A2aHandlerOptions, readOptions, type Settings } from './A2aOptions.ts'
import { createCard, writeCard } from './card/createCard.ts'
import { extensionHeaders, hasExtensionHeader } from './extensions.ts'
import { createRpc, type RpcAnswer, toAnswer } from './rpc/answerRpc.ts'
import { createRequestHandler } from './rpc/createRequestHandler.ts'
import { invalidRequest, problemIn, toRpcError } from './rpc/rpcError.ts'
import { createAgent } from './sale/createAgent.ts'

/** Answers requests. Never throws: what goes wrong becomes an answer. */
export type A2aHandler = {
  (request: Request): Promise<Response>
  /**
   * Whether a request is for the agent. A payment path of plain HTTP is, when the request speaks
   * of A2A extensions; so ask here before a handler that takes the path for itself.
   */
  readonly matches: (
    request: Pick<Request, 'url'> & Partial<Pick<Request, 'method' | 'headers'>>,
  ) => boolean
}

const cardPaths: ReadonlySet<string> = new Set([
  '/.well-known/agent-card.json',
  '/.well-known/agent.json',
])

/** Where plain HTTP is sold to; A2A is spoken there too. */
const ACCESS_PATH = '/x402/access'

/**
 * Sells a checkout's plans, and single requests of its priced routes, to agents that speak A2A, 0.3
 * or 1.0, with the x402 extension. It decides nothing about money: it reads a message, asks the
 * checkout, and writes a task.
 *
 * - `GET /.well-known/agent-card.json`, and `/.well-known/agent.json` for older clients.
 * - `POST /a2a`, and `POST /x402/access` with an extension header, speak JSON-RPC.
 *
 * @throws CONFIG_INVALID naming every mistake in the options.
 */
export function createA2aHandler(options: A2aHandlerOptions): A2aHandler {
  const settings = readOptions(options)
  const card = createCard(settings)
  const document = writeCard(card)
  const rpc = createRpc(createRequestHandler(createAgent(settings), card))
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (request.method === 'OPTIONS') return answerPreflight()
    if (cardPaths.has(pathname)) return answerCard(request, document)
    return answerCall(request, rpc, settings)
  }
  return Object.assign(handle, {
    matches: ({ url, method, headers }: Parameters<A2aHandler['matches']>[0]) => {
      const { pathname } = new URL(url)
      if (pathname === settings.path || cardPaths.has(pathname)) return true
      if (pathname !== ACCESS_PATH || method !== 'POST') return false
      return headers !== undefined && hasExtensionHeader(headers)
    },
  })
}

async function answerCall(
  request: Request,
  rpc: ReturnType<typeof createRpc>,
  settings: Settings,
): Promise<Response> {
  const { status, answer } = await call(request, rpc, settings)
  report(answer, new URL(request.url).pathname, settings)
  return new Response(JSON.stringify(answer.body), {
    status,
    headers: {
      ...cors,
      'content-type': 'application/json',
      'cache-control': 'private, no-store',
      ...extensionHeaders(request.headers),
      ...(status === 405 && { allow: 'POST, OPTIONS' }),
    },
  })
}

/** What HTTP itself has a status for; every other failure is JSON-RPC's, under 200. */
const statuses = { BODY_TOO_LARGE: 413, MEDIA_TYPE_UNSUPPORTED: 415, METHOD_NOT_ALLOWED: 405 }

async function call(
  request: Request,
  rpc: ReturnType<typeof createRpc>,
  { maxBodyBytes }: Settings,
): Promise<{ readonly status: number; readonly answer: RpcAnswer }> {
  try {
    if (request.method !== 'POST')
      throw new Key0Error('METHOD_NOT_ALLOWED', { facts: { expected: 'POST' } })
    const body = await readBody(request, maxBodyBytes)
    return { status: 200, answer: await rpc(body, request.headers) }
  } catch (error) {
    const { code } = problemIn(error)
    const status = Object.hasOwn(statuses, code) ? statuses[code as keyof typeof statuses] : 200
    const told = toRpcError(error)
    // There were no params yet: what is wrong is the request.
    const isParams = status === 200 && told.code === A2A_ERROR_CODE.INVALID_PARAMS
    const answer = toAnswer(null, isParams ? invalidRequest() : told, error)
    return { status, answer }
  }
}

/** The path and nothing else of the request: the rest may hold secrets. */
function report({ cause }: RpcAnswer, path: string, { observe }: Settings): void {
  if (cause === undefined) return
  const { code, retry } = problemIn(cause)
  if (retry === 'later') observe({ name: 'request.failed', path, code, cause })
}

const cors = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'A2A-Extensions, X-A2A-Extensions',
} as const

function answerPreflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
      'access-control-allow-headers': 'Content-Type, A2A-Version, A2A-Extensions, X-A2A-Extensions',
      'access-control-max-age': '86400',
    },
  })
}

function answerCard(request: Request, card: string): Response {
  const headers = { ...cors, 'content-type': 'application/json' }
  if (request.method === 'GET' || request.method === 'HEAD') {
    const body = request.method === 'HEAD' ? null : card
    // A price must not be quoted from a cache once it has changed.
    return new Response(body, { status: 200, headers: { ...headers, 'cache-control': 'no-cache' } })
  }
  const { body } = toAnswer(null, toRpcError(new Key0Error('METHOD_NOT_ALLOWED')))
  return new Response(JSON.stringify(body), {
    status: 405,
    headers: { ...headers, allow: 'GET, HEAD, OPTIONS' },
  })
}
