import { isLegacyJsonRpcMethod } from '@a2a-js/sdk/compat/v0_3'
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server'
import { VersionNotSupportedError } from '@a2a-js/sdk/errors'
import {
  type A2ARequestHandler,
  JsonRpcTransportHandler,
  ServerCallContext,
} from '@a2a-js/sdk/server'
import { activatedBy } from '../extensions.ts'
import { A2aFault } from './A2aFault.ts'
import { failureOf } from './createRequestHandler.ts'
import { invalidRequest, type RpcError, toReaderError, toRpcError } from './rpcError.ts'

/** One JSON-RPC answer, and what was thrown if it is an error. */
export type RpcAnswer = { readonly body: object; readonly cause?: unknown }

type Body = Readonly<Record<string, unknown>>
type Reply = { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown }
type Transport = { handle(body: Body, context: ServerCallContext): Promise<unknown> }

/** Ids are echoed, as JSON-RPC asks, so they are kept to what a client needs to tell two apart. */
const idShape = /^[\w.:-]{0,128}$/

/** Reads JSON-RPC in the generation it comes in, by the SDK's own readers for each. */
export function createRpc(
  handler: A2ARequestHandler,
): (body: Body, headers: Headers) => Promise<RpcAnswer> {
  const modern = new JsonRpcTransportHandler(handler)
  const legacy = new LegacyJsonRpcTransportHandler(handler)
  return async (body, headers) => {
    const { id } = body
    if (typeof id === 'string' && !idShape.test(id)) return toAnswer(null, invalidRequest())
    if (body.jsonrpc !== '2.0' || typeof body.method !== 'string')
      return toAnswer(id, invalidRequest())
    try {
      const transport: Transport = isLegacy(body, headers) ? legacy : modern
      const context = new ServerCallContext({ requestedExtensions: [...activatedBy(headers)] })
      const reply = (await transport.handle(body, context)) as Reply
      if (reply.error === undefined) return { body: reply }
      const cause = failureOf(context)
      const { code } = reply.error as RpcError
      return toAnswer(reply.id, cause ? toRpcError(cause) : toReaderError(code), cause)
    } catch (cause) {
      return toAnswer(id, toRpcError(cause), cause)
    }
  }
}

/** An error as a whole JSON-RPC answer. */
export function toAnswer(id: unknown, error: RpcError, cause?: unknown): RpcAnswer {
  return { body: { jsonrpc: '2.0', id: id ?? null, error }, ...(cause !== undefined && { cause }) }
}

/**
 * Which generation a request speaks: what `A2A-Version` says, or else what its method's name says.
 *
 * @throws an A2aFault for a version that is neither.
 */
function isLegacy({ method }: Body, headers: Headers): boolean {
  const version = headers.get('a2a-version')
  if (version === null || version === '') return isLegacyJsonRpcMethod(`${method}`)
  if (/^0\.3(?:\.\d+)?$/.test(version)) return true
  if (/^1\.0(?:\.\d+)?$/.test(version)) return false
  const facts = { field: 'A2A-Version', expected: '1.0 or 0.3' }
  throw new A2aFault(VersionNotSupportedError, 'REQUEST_MALFORMED', facts)
}
