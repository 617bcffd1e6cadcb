type FileAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const etag = '"1"'
const modified = 'Thu, 01 Jan 2026 00:00:00 GMT'
const whole = '0123456789'

/**
 * A file of ten bytes, as a server answers it that knows conditions and ranges (RFC 9110 sections 13
 * and 14): servers behind Key0, and handlers beside it, do.
 *
 * @param header a header of the request by its name in lower case
 */
export function answerFile(header: (name: string) => string | null | undefined): FileAnswer {
  const headers = { etag, 'last-modified': modified, 'accept-ranges': 'bytes' }
  const names = (list: string): boolean => list === '*' || list.includes(etag)
  const since = (name: string): number | undefined => {
    const text = header(name)
    return text ? Date.parse(text) : undefined
  }
  const [match, noneMatch, range] = ['if-match', 'if-none-match', 'range'].map(header)
  const isOther = match ? !names(match) : (since('if-unmodified-since') ?? Infinity) < ofFile
  if (isOther) return { status: 412, headers, body: '' }
  const isSame = noneMatch ? names(noneMatch) : (since('if-modified-since') ?? 0) >= ofFile
  if (isSame) return { status: 304, headers, body: '' }
  const part = /^bytes=(\d)-(\d)$/.exec(range ?? '')
  if (!part || (header('if-range') ?? etag) !== etag) return { status: 200, headers, body: whole }
  const [from, to] = [Number(part[1]), Number(part[2])]
  const content = { 'content-range': `bytes ${from}-${to}/${whole.length}` }
  return { status: 206, headers: { ...headers, ...content }, body: whole.slice(from, to + 1) }
}

const ofFile = Date.parse(modified)
