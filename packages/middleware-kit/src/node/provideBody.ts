import type { IncomingMessage } from 'node:http'
import { refuseGoneBody } from '../refuseGoneBody.ts'
import type { NodeRequest } from './createListener.ts'
import { dropHeaders } from './dropHeaders.ts'
import { rereadBody } from './rereadBody.ts'

/**
 * Keeps the bytes that a body parser reads, for what is bound to them. Give it as the `verify`
 * option of `express.json()` and its kin.
 *
 * @example app.use(express.json({ verify: keepRawBody }))
 */
export function keepRawBody(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  Object.assign(request, { rawBody: bytes })
}

/**
 * Sees to it that a handler can read a body that a parser read first (see `rereadBody`). Parsers
 * inflate what came compressed, so what they leave is called compressed no more.
 *
 * @throws RAW_BODY_MISSING when somebody read the body and left nothing of it
 */
export function provideBody(request: NodeRequest): void {
  if (!request.readableDidRead) return
  if (request.method === 'GET' || request.method === 'HEAD') return
  const bytes = rereadBody(request) ?? refuseGoneBody()
  request.rawBody = bytes
  const isAsItCame = request.headers['content-length'] === `${bytes.length}`
  if (!isAsItCame) dropHeaders(request, ['content-encoding'])
}
