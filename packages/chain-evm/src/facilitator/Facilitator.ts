import type { Clock } from '@key0/core'
import { type CdpKey, makeCdpToken } from './cdpToken.ts'

/** One facilitator's base URL, and how it is asked. */
export type Facilitator = {
  /** Origin and path, without anything secret: what is journalled and shown. */
  readonly name: string
  readonly ask: (path: 'verify' | 'settle' | 'supported', body?: unknown) => Promise<Reply>
}

/** A reply with its JSON body, or why there is none. The status is only a hint. */
export type Reply =
  | {
      readonly kind: 'json'
      readonly status: number
      readonly body: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'none'; readonly reason: string }

export type FacilitatorContext = {
  readonly timeoutMs: number
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly cdpKey: CdpKey | undefined
}

const maxBodyBytes = 65_536

/** It says what it knows without the chain: whoever takes longer is of no use to a payment. */
const MOST_FOR_SUPPORTED_MS = 3_000

export function createFacilitator(base: URL, context: FacilitatorContext): Facilitator {
  const name = `${base.origin}${base.pathname.replace(/\/+$/, '')}`
  return {
    name,
    ask: async (path, body) => {
      const url = new URL(`${name}/${path}`)
      url.search = base.search
      const { timeoutMs } = context
      const ms = path === 'supported' ? Math.min(timeoutMs, MOST_FOR_SUPPORTED_MS) : timeoutMs
      try {
        return await ask({ ...context, timeoutMs: ms }, url, body)
      } catch (error) {
        return { kind: 'none', reason: explain(error, url.host) }
      }
    },
  }
}

async function ask(context: FacilitatorContext, url: URL, body: unknown): Promise<Reply> {
  const { cdpKey, timeoutMs, clock } = context
  const method = body === undefined ? 'GET' : 'POST'
  const headers: Record<string, string> = { accept: 'application/json' }
  // The key's id is told to its owner alone.
  if (cdpKey && url.protocol === 'https:' && url.host === 'api.cdp.coinbase.com') {
    const token = await makeCdpToken(cdpKey, { method, url, nowMs: clock.nowMs() })
    headers.authorization = `Bearer ${token}`
  }
  if (body !== undefined) headers['content-type'] = 'application/json'
  const response = await context.fetch(url.href, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    // A redirect would carry the payment, and the token, to an address nobody configured.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const { status } = response
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    await response.body?.cancel()
    return { kind: 'none', reason: `${url.host} answered with a redirect` }
  }
  const parsed = parse(await readText(response))
  return parsed
    ? { kind: 'json', status, body: parsed }
    : { kind: 'none', reason: `${url.host} answered HTTP ${status} and no JSON` }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array
    length += bytes.byteLength
    if (length > maxBodyBytes) return ''
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject ? (parsed as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

function explain(error: unknown, host: string): string {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } }
  if (name === 'TimeoutError') return `${host} did not answer in time`
  const code = typeof cause?.code === 'string' ? ` (${cause.code.slice(0, 40)})` : ''
  return `${host} could not be reached${code}`
}
