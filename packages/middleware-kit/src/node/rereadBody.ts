import type { NodeRequest } from './createListener.ts'

/**
 * The bytes of a body that somebody has read before: those that were kept, those that a parser of
 * bytes or text left, or else what a parser made of JSON or of a form, written again. That is what
 * the handler sees, so it is as good to bind a payment to. Of everything else only bytes will do.
 */
export function rereadBody({ rawBody, body, headers }: NodeRequest): Buffer | undefined {
  if (Buffer.isBuffer(rawBody)) return rawBody
  if (Buffer.isBuffer(body)) return body
  if (body === undefined) return undefined
  const type = headers['content-type'] ?? ''
  const isJson = /^application\/(?:[^;\s]+\+)?json\b/i.test(type)
  if (typeof body === 'string' && !(isJson && isParsed(body, headers))) return Buffer.from(body)
  if (isJson) return Buffer.from(JSON.stringify(body))
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(type)
  const form = isForm && typeof body === 'object' && body !== null && writeForm(body)
  return form ? Buffer.from(form) : undefined
}

/**
 * Whether a text is what a parser made of JSON, rather than JSON that nobody parsed. Its length
 * tells, because the quotes are gone; where that is unknown, whether it is JSON as it stands.
 */
function isParsed(text: string, headers: NodeRequest['headers']): boolean {
  const { 'content-length': length, 'content-encoding': coding } = headers
  if (length !== undefined && coding === undefined) return length !== `${Buffer.byteLength(text)}`
  try {
    JSON.parse(text)
    return false
  } catch {
    return true
  }
}

/** A form of names and texts; `undefined` for one that was made into more than that. */
function writeForm(body: object): string | undefined {
  const pairs = Object.entries(body).flatMap(([name, value]: [string, unknown]) =>
    [value].flat().map((one) => [name, one] as const),
  )
  const isFlat = pairs.every(([, value]) => typeof value === 'string')
  return isFlat ? `${new URLSearchParams(pairs as [string, string][])}` : undefined
}
