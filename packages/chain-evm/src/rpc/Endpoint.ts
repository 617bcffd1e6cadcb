import { RpcError, RpcUnreachable, scrub } from './RpcError.ts'

/** One JSON-RPC node over HTTP. Calls made in one turn of the event loop share one request. */
export type Endpoint = {
  /** All that may be said about it in public: its host. */
  readonly host: string
  readonly request: (method: string, params: readonly unknown[]) => Promise<unknown>
}

type Call = {
  readonly id: number
  readonly method: string
  readonly params: readonly unknown[]
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

type Reply = {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown }
}

const maxBatch = 50

/**
 * Replies are matched by their id and by nothing else: a node that leaves one out of a batch, or
 * reorders it, must not lend one call the answer of another. No error carries the URL.
 */
export function createEndpoint(url: URL, timeoutMs: number): Endpoint {
  const { href, headers } = splitCredentials(url)
  let queue: Call[] = []
  let lastId = 0
  let takesBatches = true

  const post = async (calls: readonly Call[]): Promise<unknown> => {
    const messages = calls.map(({ id, method, params }) => ({ jsonrpc: '2.0', id, method, params }))
    const response = await fetch(href, {
      method: 'POST',
      headers,
      body: JSON.stringify(calls.length === 1 ? messages[0] : messages),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    const parsed = parse(text)
    if (parsed === undefined) {
      throw new RpcUnreachable(`${url.host} answered HTTP ${response.status} and no JSON`)
    }
    return parsed
  }

  const exchange = async (calls: readonly Call[]): Promise<void> => {
    try {
      const parsed = await post(calls)
      if (calls.length > 1 && !Array.isArray(parsed)) {
        // It reads no batches. From now on it is asked one by one.
        takesBatches = false
        await Promise.all(calls.map(async (call) => await exchange([call])))
        return
      }
      distribute(calls, [parsed].flat() as readonly Reply[], url.host)
    } catch (error) {
      const failure = toUnreachable(error, url.host)
      for (const call of calls) call.reject(failure)
    }
  }

  const flush = (): void => {
    const calls = queue
    queue = []
    const size = takesBatches ? maxBatch : 1
    for (let start = 0; start < calls.length; start += size) {
      void exchange(calls.slice(start, start + size))
    }
  }

  return {
    host: url.host,
    request: async (method, params) =>
      await new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush)
        lastId += 1
        queue.push({ id: lastId, method, params, resolve, reject })
      }),
  }
}

function distribute(calls: readonly Call[], replies: readonly Reply[], host: string): void {
  const byId = new Map(replies.map((reply) => [reply?.id, reply]))
  for (const call of calls) {
    const reply = byId.get(call.id)
    if (reply?.error) {
      const { code, message, data } = reply.error
      call.reject(new RpcError(Number(code), String(message), data))
    } else if (reply && 'result' in reply) call.resolve(reply.result)
    else call.reject(new RpcUnreachable(`${host} left ${call.method} unanswered`))
  }
}

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined
  } catch {
    return undefined
  }
}

function toUnreachable(error: unknown, host: string): RpcUnreachable {
  if (error instanceof RpcUnreachable) return error
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } }
  if (name === 'TimeoutError') return new RpcUnreachable(`${host} did not answer in time`, true)
  const code = typeof cause?.code === 'string' ? ` (${scrub(cause.code)})` : ''
  return new RpcUnreachable(`${host} could not be reached${code}`)
}

/** `fetch` refuses a URL with a user in it, and would print it. */
function splitCredentials(url: URL): {
  readonly href: string
  readonly headers: Record<string, string>
} {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (url.username || url.password) {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.authorization = `Basic ${Buffer.from(user).toString('base64')}`
  }
  return { href: bare.href, headers }
}
