import {
  A2A_ERROR_CODE,
  ContentTypeNotSupportedError,
  ERROR_INFO_TYPE,
  type ErrorDetail,
  TaskNotCancelableError,
  TaskNotFoundError,
  toJsonRpcError,
  UnsupportedOperationError,
} from '@a2a-js/sdk/errors'
import { type Problem, problemOf, toProblem } from '@key0/checkout'
import type { ErrorCode } from '@key0/core'
import { A2aFault, type Semantic } from './A2aFault.ts'

/** The `error` member of a JSON-RPC answer. */
export type RpcError = {
  readonly code: number
  readonly message: string
  readonly data: readonly ErrorDetail[]
}

const semantics: Readonly<Partial<Record<ErrorCode, Semantic>>> = {
  CHALLENGE_UNKNOWN: TaskNotFoundError,
  CHALLENGE_NOT_CANCELLABLE: TaskNotCancelableError,
  MEDIA_TYPE_UNSUPPORTED: ContentTypeNotSupportedError,
}

/**
 * A failure in JSON-RPC: the code of A2A or of JSON-RPC, a sentence of ours, and our own stable
 * code as a `google.rpc.ErrorInfo` of the domain `key0`. Nothing that a library or a client wrote
 * is passed on.
 */
export function toRpcError(error: unknown): RpcError {
  const problem = problemIn(error)
  const semantic = error instanceof A2aFault ? error.semantic : semantics[problem.code]
  if (semantic === undefined) return plain(plainCode(problem), problem)
  const { code, message, data = [] } = toJsonRpcError(new semantic(problem.title))
  return { code, message, data: [...data, toErrorInfo(problem)] }
}

/** What went wrong, in our own words. */
export function problemIn(error: unknown): Problem {
  return error instanceof A2aFault ? error.problem : toProblem(error)
}

/** What is said of a call that this agent does not take. */
export const noStreams = { expected: 'a call that waits for its answer, or looks at one task' }

/** What the protocol's own reader refuses, before anything of ours was asked. */
export function toReaderError(code: number): RpcError {
  if (code === A2A_ERROR_CODE.METHOD_NOT_FOUND) {
    const expected =
      'SendMessage, GetTask or CancelTask; in A2A 0.3 message/send, tasks/get or tasks/cancel'
    return plain(code, problemOf('METHOD_NOT_ALLOWED', { expected }))
  }
  if (code === A2A_ERROR_CODE.UNSUPPORTED_OPERATION)
    return toRpcError(new A2aFault(UnsupportedOperationError, 'METHOD_NOT_ALLOWED', noStreams))
  const expected = 'a message, or the id of a task, in the params'
  return plain(A2A_ERROR_CODE.INVALID_PARAMS, problemOf('REQUEST_MALFORMED', { expected }))
}

/** What is no JSON-RPC call, whatever its method and params may be. */
export function invalidRequest(): RpcError {
  const expected = 'one JSON-RPC 2.0 request, its id a number or at most 128 of A-Za-z0-9_.:-'
  return plain(A2A_ERROR_CODE.INVALID_REQUEST, problemOf('REQUEST_MALFORMED', { expected }))
}

function plain(code: number, problem: Problem): RpcError {
  return { code, message: problem.title, data: [toErrorInfo(problem)] }
}

function plainCode({ code, retry, facts }: Problem): number {
  if (code === 'REQUEST_MALFORMED' && facts.reason?.startsWith('JSON_'))
    return A2A_ERROR_CODE.PARSE_ERROR
  return retry === 'later' ? A2A_ERROR_CODE.INTERNAL_ERROR : A2A_ERROR_CODE.INVALID_PARAMS
}

function toErrorInfo({ code, retry, facts }: Problem): ErrorDetail {
  return {
    '@type': ERROR_INFO_TYPE,
    reason: code,
    domain: 'key0',
    metadata: { retry, ...facts },
  }
}
