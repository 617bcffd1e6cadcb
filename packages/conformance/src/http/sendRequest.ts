import { type RequestOptions, request } from 'node:http'

/** A request as it goes on the wire. */
export type WireRequest = {
  readonly method: string
  readonly path: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  readonly chunked?: true
}

export type Answer = {
  readonly status: number
  /** By lower-case name; repeated headers joined as HTTP joins them. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly text: string
}

/** Sends a request over a socket as it is: no client library joins, drops or corrects anything. */
export async function sendRequest(origin: string, sent: WireRequest): Promise<Answer> {
  const { body } = sent
  return new Promise((resolve, reject) => {
    const sending = request(toOptions(origin, sent), (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const { statusCode: status = 0, headersDistinct } = incoming
        resolve({ status, headers: joined(headersDistinct), bytes, text: bytes.toString('utf8') })
      })
    })
    sending.on('error', reject)
    if (body === undefined) sending.end()
    else if (sent.chunked) {
      const middle = Math.floor(body.length / 2)
      sending.write(body.slice(0, middle))
      setImmediate(() => sending.end(body.slice(middle)))
    } else sending.end(body)
  })
}

/** Sends a request, and hangs up at the first 102. @throws when it is answered before */
export async function leaveRequest(origin: string, sent: WireRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(toOptions(origin, sent), ({ statusCode }) =>
      reject(new Error(`answered ${statusCode} before it could hang up`)),
    )
    // Node calls it an error that a connection closes before its answer, whoever closed it.
    sending.on('information', () =>
      sending
        .off('error', reject)
        .on('error', () => {})
        .destroy(),
    )
    sending.on('error', reject).on('close', resolve)
    sending.end(sent.body)
  })
}

function toOptions(origin: string, sent: WireRequest): RequestOptions {
  const { host, hostname, port, pathname } = new URL(origin)
  const { method, body } = sent
  const path = `${pathname === '/' ? '' : pathname}${sent.path}`
  const length =
    body === undefined || sent.chunked ? [] : ['content-length', `${Buffer.byteLength(body)}`]
  const coding = sent.chunked ? ['transfer-encoding', 'chunked'] : []
  const isNamed = sent.headers.some(([name]) => name === 'host')
  const headers = [...(isNamed ? [] : ['host', host]), ...sent.headers.flat(), ...length, ...coding]
  return { hostname, port, method, path, headers, agent: false }
}

function joined(distinct: NodeJS.Dict<string[]>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(distinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  )
}
