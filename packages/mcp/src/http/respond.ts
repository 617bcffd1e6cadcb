import type { Problem, Seller } from '@key0/checkout'
import { problemMembers } from '../answer/problemMembers.ts'

/** JSON-RPC 2.0 and MCP codes of the failures that come before any tool is asked. */
export const rpcCodes = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  /** Of the transport itself, as the SDK writes it. */
  transport: -32_000,
} as const

export type Headers = Readonly<Record<string, string>>

/** A failure in JSON-RPC's own form, with ours inside. */
export function respondError(
  status: number,
  code: number,
  problem: Problem,
  { seller, headers }: { readonly seller: Seller; readonly headers: Headers },
): Response {
  const error = { code, message: problem.title, data: problemMembers(problem, seller) }
  return respondJson(status, { jsonrpc: '2.0', id: null, error }, headers)
}

function respondJson(status: number, body: object, headers: Headers): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  })
}
