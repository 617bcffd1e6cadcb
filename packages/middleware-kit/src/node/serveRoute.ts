import type { ServerResponse } from 'node:http'
import { conditions } from '@key0/core'
import type { Incoming } from '@key0/http'
import type { Key0Payment, RouteGate } from '../route/createRouteGate.ts'
import { captureResponse, type Outlet } from './captureResponse.ts'
import { callerOf, type NodeRequest } from './createListener.ts'
import { dropHeaders } from './dropHeaders.ts'
import { peekBody } from './peekBody.ts'
import { sendResponse } from './sendResponse.ts'

/** One request of Node's, with the handler of the seller's that would answer it. */
export type NodeRoute = {
  readonly request: NodeRequest
  readonly response: ServerResponse
  /** The target as the client sent it, before a framework took its mount path off. */
  readonly target: string
  /** Goes on to the seller's handler, which writes to `response`. */
  readonly run: (payment: Key0Payment) => void
  /** Called before an answer is written that the seller's handler had no part in. */
  readonly takeOver?: () => void
}

/**
 * Sells one request of Node's. What the handler writes is caught and stored, and leaves only once
 * the store says so. The body is read first, because it is bound to the payment, and is left for
 * the parsers and handlers that come after.
 */
export async function serveRoute(gate: RouteGate, route: NodeRoute): Promise<void> {
  const { request, response, run, takeOver } = route
  const incoming = await toIncoming(route, gate.maxRequestBytes)
  let release: (() => Outlet) | undefined
  const answer = await gate(incoming, (payment) => {
    dropHeaders(request, conditions)
    const captured = captureResponse(request, response)
    release = captured.release
    run(payment)
    return captured.response
  })
  if (!release) takeOver?.()
  const outlet = release?.()
  await sendResponse(answer, response, outlet)
}

async function toIncoming(
  { request, response, target }: NodeRoute,
  maxBytes: number,
): Promise<Incoming> {
  const bytes = await peekBody(request, maxBytes)
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { method = 'GET', rawHeaders } = request
  const headers = new Headers()
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(`${rawHeaders[at]}`, `${rawHeaders[at + 1]}`)
  return {
    request: new Request('http://key0.invalid/', { method, headers }),
    // An absolute target names a host, and which one that is does not matter here.
    target: target.replace(/^https?:\/\/[^/?#]*/i, '') || '/',
    body: bytes,
    ...callerOf(request),
    signal: gone.signal,
  }
}
