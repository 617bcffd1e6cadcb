import type { Clock } from '@key0/core'

/** One answer, whole. */
export type Reply = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  /** Our stable code, of anything but a success. */
  readonly code: string | undefined
  readonly paidWith: string | undefined
  readonly startedAtMs: number
}

/** Everything that went over the wire, so that what buyers hold can be compared with the books. */
export type Exchanges = {
  readonly replies: readonly Reply[]
  /** A `fetch` that notes what came back. */
  readonly fetch: typeof fetch
  post(path: string, body: unknown, payment?: string): Promise<Reply>
}

/** @param url where the shop is now; one that is started again may be elsewhere */
export function createExchanges(url: () => string, clock: Clock): Exchanges {
  const replies: Reply[] = []
  const send = async (request: Request): Promise<readonly [Response, Reply]> => {
    const startedAtMs = clock.nowMs()
    const response = await fetch(request)
    const text = await response.clone().text()
    const json = parse(text)
    const reply: Reply = {
      status: response.status,
      headers: response.headers,
      text,
      json,
      code: typeof json.code === 'string' ? json.code : undefined,
      paidWith: request.headers.get('payment-signature') ?? undefined,
      startedAtMs,
    }
    replies.push(reply)
    return [response, reply]
  }
  return {
    replies,
    fetch: async (input, init) => (await send(new Request(input, init)))[0],
    async post(path, body, payment) {
      const headers = {
        'content-type': 'application/json',
        ...(payment !== undefined && { 'payment-signature': payment }),
      }
      const request = { method: 'POST', headers, body: JSON.stringify(body) }
      return (await send(new Request(`${url()}${path}`, request)))[1]
    },
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
