import type { IncomingMessage } from 'node:http'
import { Key0Error } from '@key0/core'
import { refuseGoneBody } from '../refuseGoneBody.ts'
import type { NodeRequest } from './createListener.ts'
import { rereadBody } from './rereadBody.ts'

/**
 * The bytes of a request's body, which stay there for whoever reads it next: a parser after us
 * finds them as if nobody had looked. Reads one byte more than `maxBytes` at most. A body that was
 * read before is read again (see `rereadBody`).
 *
 * @throws RAW_BODY_MISSING when somebody read the body before and left nothing to be read again
 */
export async function peekBody(request: NodeRequest, maxBytes: number): Promise<Uint8Array> {
  if (Buffer.isBuffer(request.rawBody)) return request.rawBody
  if (!hasBody(request)) return new Uint8Array()
  if (request.readableDidRead) return rereadBody(request) ?? refuseGoneBody()
  const bytes = await readAhead(request, maxBytes)
  request.rawBody = bytes
  return bytes
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/**
 * Node lets a stream take back what it gave as long as it has not said that it ended, which it
 * says only after the task in which its last byte was read.
 */
function readAhead(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      request.off('readable', read).off('error', fail).off('close', fail)
    }
    const fail = (cause?: unknown): void => {
      stop()
      reject(new Key0Error('REQUEST_MALFORMED', { facts: { field: 'body' }, cause }))
    }
    const read = (): void => {
      for (let chunk = request.read(); chunk !== null; chunk = request.read()) {
        chunks.push(chunk)
        size += chunk.length
        if (size > maxBytes) break
      }
      if (!request.complete && size <= maxBytes) return
      stop()
      const bytes = Buffer.concat(chunks)
      if (size > 0) request.unshift(bytes)
      resolve(bytes)
    }
    request.on('readable', read).on('error', fail).on('close', fail)
  })
}
