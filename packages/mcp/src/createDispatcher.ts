import { type Problem, problemOf, toProblem } from '@key0/checkout'
import { type CallToolResult, McpError } from '@modelcontextprotocol/sdk/types.js'
import { problemMembers } from './answer/problemMembers.ts'
import { writeResult } from './answer/writeResult.ts'
import type { Context } from './Context.ts'
import { rpcCodes } from './http/respond.ts'
import { readCall } from './request/readCall.ts'
import type { Call, Tool } from './tools/Tool.ts'

/** Answers an MCP request that is not the SDK's own business. */
export type Dispatcher = (
  request: { readonly method: string; readonly params?: unknown },
  headers: Headers,
) => Promise<object>

/**
 * Answers `tools/list` and `tools/call`. What is no call of a tool of ours fails as JSON-RPC fails;
 * what a tool refuses is a result of that tool, as MCP wants it. Both carry our code.
 */
export function createDispatcher(tools: readonly Tool[], context: Context): Dispatcher {
  const { seller } = context.checkout
  const list = { tools: tools.map(({ listing }) => listing) }
  const byName = new Map(tools.map((tool) => [tool.listing.name, tool]))
  const fail = (code: number, problem: Problem): McpError =>
    new McpError(code, problem.title, problemMembers(problem, seller))
  const read = (params: unknown, headers: Headers): Call & { readonly name: string } => {
    try {
      return readCall(params, headers)
    } catch (error) {
      throw fail(rpcCodes.invalidParams, toProblem(error))
    }
  }
  return async ({ method, params }, headers) => {
    if (method === 'tools/list') return list
    if (method !== 'tools/call') throw fail(rpcCodes.methodNotFound, problemOf('NOT_FOUND'))
    const call = read(params, headers)
    const tool = byName.get(call.name)
    const known = [...byName.keys()].join(', ')
    if (!tool) throw fail(rpcCodes.invalidParams, problemOf('NOT_FOUND', { known }))
    return answer(tool, call, context)
  }
}

async function answer(tool: Tool, call: Call, context: Context): Promise<CallToolResult> {
  try {
    return await tool.answer(call)
  } catch (error) {
    const problem = toProblem(error)
    context.report(problem, error)
    return { ...writeResult(problemMembers(problem, context.checkout.seller)), isError: true }
  }
}
