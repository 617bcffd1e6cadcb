import type { IncomingMessage } from 'node:http'
import { Key0Error } from '@key0/core'
import type { NodeRequest } from './createListener.ts'

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
 * Sees to it that a handler can read a body that a parser read first: from the bytes that were
 * kept, or else from what the parser made of them, written as JSON again. That is right for Key0's
 * own paths, which read a few named fields; nothing there is bound to the bytes.
 *
 * @throws RAW_BODY_MISSING when somebody read the body and left nothing of it
 */
export function provideBody(request: NodeRequest): void {
  if (!request.readableDidRead || Buffer.isBuffer(request.rawBody)) return
  if (request.method === 'GET' || request.method === 'HEAD') return
  if (request.body === undefined) throw new Key0Error('RAW_BODY_MISSING')
  request.rawBody = Buffer.from(JSON.stringify(request.body))
}
