import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the backend does with one request for a credential. */
export type Conduct =
  | 'issues'
  /** Answers 500 and issues nothing. */
  | 'fails'
  /** Issues nothing and never answers. */
  | 'hangs'
  /** Issues, and closes the connection instead of answering. */
  | 'hangs up'
  /** Issues, and answers what nobody can read. */
  | 'answers garbage'
  /** Issues, and answers long after anybody waited. */
  | 'answers late'
  /** Issues, and answers twice on one connection, the second time with something else. */
  | 'answers twice'
  /** Closes every connection, that for revocations too. */
  | 'is down'
  /** Answers 500, revocations too. */
  | 'revokes nothing'

/** A seller's backend over HTTP: once for each key, as it promised, and else as it is told. */
export type Mint = AsyncDisposable & {
  readonly issueUrl: string
  readonly revokeUrl: string
  /** What the next requests do, one after another; the last goes on. */
  readonly behave: (...conducts: readonly Conduct[]) => void
  /** How many requests to issue came in. */
  readonly asked: () => number
  /** What was issued and not revoked. */
  readonly live: () => readonly string[]
  readonly revocations: () => number
}

/** @param lateMs When a late answer comes. */
export async function startMint(lateMs: number): Promise<Mint> {
  let conducts: readonly Conduct[] = ['issues']
  let asked = 0
  let revocations = 0
  const issued = new Map<string, string>()
  const revoked = new Set<string>()
  const timers = new Set<NodeJS.Timeout>()

  const next = (): Conduct => {
    const [conduct = 'issues', ...rest] = conducts
    if (rest.length > 0) conducts = rest
    return conduct
  }
  const issue = (key: string, response: ServerResponse): void => {
    asked += 1
    const conduct = next()
    if (conduct === 'is down') return void response.socket?.destroy()
    if (conduct === 'hangs') return
    if (conduct === 'fails' || conduct === 'revokes nothing')
      return void response.writeHead(500).end()
    if (revoked.has(key)) return void response.writeHead(410).end()
    const token = issued.get(key) ?? `token-${issued.size + 1}`
    issued.set(key, token)
    if (conduct === 'hangs up') return void response.socket?.destroy()
    if (conduct === 'answers garbage') return void response.end('<!doctype html><p>Done!')
    const answer = (): void => writeToken(response, token, conduct === 'answers twice')
    if (conduct === 'answers late') timers.add(setTimeout(answer, lateMs))
    else answer()
  }
  const server = createServer((request: IncomingMessage, response) => {
    const key = `${request.headers['idempotency-key']}`
    request.resume().once('end', () => {
      if (request.url === '/issue') return issue(key, response)
      if (conducts[0] === 'is down') return void response.socket?.destroy()
      if (conducts[0] === 'revokes nothing') return void response.writeHead(500).end()
      revocations += 1
      revoked.add(key)
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issueUrl: `${url}/issue`,
    revokeUrl: `${url}/revoke`,
    behave: (...next) => {
      conducts = next
    },
    asked: () => asked,
    live: () => [...issued].filter(([key]) => !revoked.has(key)).map(([, token]) => token),
    revocations: () => revocations,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer)
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await closed
    },
  }
}

function writeToken(response: ServerResponse, token: string, twice: boolean): void {
  const { socket } = response
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }))
  const other = JSON.stringify({ token: 'another' })
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${other.length}`
  if (twice) response.once('finish', () => socket?.write(`${head}\r\n\r\n${other}`))
}
