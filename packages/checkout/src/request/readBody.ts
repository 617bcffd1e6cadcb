import { Key0Error } from '@key0/core'
import { parseJson, WireError } from '@key0/x402'

/** `application/json` or a `+json` type, in UTF-8 if it says so at all. */
const jsonType =
  /^application\/(?:[a-z0-9!#$&^_.-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i

/**
 * Reads a JSON object, or `{}` when the body is empty.
 *
 * @throws BODY_TOO_LARGE, judged by the announced length and again by the bytes that arrive;
 * MEDIA_TYPE_UNSUPPORTED for another type and for any content coding, since nothing is inflated
 * here; REQUEST_MALFORMED.
 */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  const { headers } = request
  refuseCoding(headers)
  const type = headers.get('content-type')
  if (type !== null && !jsonType.test(type)) refuseType()
  const bytes = await readBytes(request, maxBytes)
  if (bytes.length === 0) return {}
  if (type === null) refuseType()
  const value = parse(bytes, maxBytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed('$', 'a JSON object')
  }
  return value as Readonly<Record<string, unknown>>
}

/**
 * Reads a body of any type, whole.
 *
 * @throws BODY_TOO_LARGE, judged by the announced length and again by the bytes that arrive;
 * REQUEST_MALFORMED for a length that is none.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const isAnnounced = readLength(request.headers, maxBytes)
  return isAnnounced ? readAnnounced(request, maxBytes) : readUnannounced(request, maxBytes)
}

/** A REQUEST_MALFORMED that names the field. `expected` must not repeat what was received. */
export function malformed(field: string, expected: string): Key0Error {
  return new Key0Error('REQUEST_MALFORMED', { facts: { field, expected } })
}

function refuseType(): never {
  const facts = { expected: 'content-type: application/json, in UTF-8' }
  throw new Key0Error('MEDIA_TYPE_UNSUPPORTED', { facts })
}

function refuseCoding(headers: Headers): void {
  const coding = headers.get('content-encoding')
  if (coding === null || coding.toLowerCase() === 'identity') return
  const facts = { expected: 'a body without content-encoding' }
  throw new Key0Error('MEDIA_TYPE_UNSUPPORTED', { facts })
}

/** Whether a length is announced; it is one that we accept. */
function readLength(headers: Headers, maxBytes: number): boolean {
  const length = headers.get('content-length')
  if (length === null) return false
  if (!/^\d{1,15}$/.test(length)) throw malformed('content-length', 'a whole number')
  if (Number(length) > maxBytes) throw tooLarge(maxBytes)
  return true
}

/** A BODY_TOO_LARGE that says what would not have been. */
export function tooLarge(maxBytes: number): Key0Error {
  return new Key0Error('BODY_TOO_LARGE', { facts: { expected: `at most ${maxBytes} bytes` } })
}

/**
 * An HTTP parser hands on exactly as many bytes as were announced, so these need no counting on
 * the way: servers answer this call several times faster than they set up a stream.
 */
async function readAnnounced(request: Request, maxBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await request.arrayBuffer())
  if (bytes.length > maxBytes) throw tooLarge(maxBytes)
  return bytes
}

/** Stops at the first byte too many, where no length was announced. */
async function readUnannounced(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array()
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > maxBytes) {
      // The answer does not wait for a sender that may never stop.
      reader.cancel().catch(() => {})
      throw tooLarge(maxBytes)
    }
    chunks.push(value)
  }
  if (chunks.length === 1 && chunks[0]) return chunks[0]
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

function parse(bytes: Uint8Array, maxBytes: number): unknown {
  try {
    return parseJson(bytes, { maxBytes })
  } catch (error) {
    if (!WireError.is(error)) throw error
    throw new Key0Error('REQUEST_MALFORMED', { facts: error.facts })
  }
}
