import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, answerRequest } from './answerRequest.ts'
import { createCallLog, type RecordedCall, type WaitOptions } from './CallLog.ts'
import { type RpcRule, type RpcRuleHandle, type RuleState, toState } from './RpcRule.ts'

export type RpcProxyOptions = {
  /** The JSON-RPC endpoint to stand in front of, over HTTP. */
  readonly target: string
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: a free one. */
  readonly port?: number
}

/** A JSON-RPC endpoint that misbehaves as told. */
export type RpcProxy = AsyncDisposable & {
  readonly url: string
  /** Adds rules after those there are. They strike in order; see {@link RpcRule}. */
  readonly add: (rules: RpcRule | readonly RpcRule[]) => RpcRuleHandle
  /** Removes all rules: the proxy forwards everything again. */
  readonly clear: () => void
  /** Every call since the last `clearCalls`, batches taken apart, in order of arrival. */
  readonly calls: () => readonly RecordedCall[]
  /** How many calls came in: of one method, or of all. */
  readonly count: (method?: string) => number
  readonly clearCalls: () => void
  /** Resolves when a call has come that far: what a test awaits instead of sleeping. */
  readonly waitForCall: (method: string, options?: WaitOptions) => Promise<RecordedCall>
  /** Cuts every connection, hung ones too, and stops listening. */
  readonly close: () => Promise<void>
}

/**
 * Starts a proxy between a program and its JSON-RPC node. Without rules it changes nothing.
 * HTTP only: it does not speak WebSocket.
 */
export async function startRpcProxy(options: RpcProxyOptions): Promise<RpcProxy> {
  const log = createCallLog()
  let states: readonly RuleState[] = []
  const server = createServer((request, response) => {
    void readBody(request)
      .then(async (body) => await answerRequest({ target: options.target, log, states, body }))
      .catch((error: unknown): Answer => toBadGateway(error))
      .then((answer) => reply(response, answer))
      .catch(() => response.destroy())
  })
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1')
  const { address, port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://${address}:${port}`,
    add: (rules) => {
      const added = [rules].flat().map((rule) => toState(rule as RpcRule))
      states = [...states, ...added]
      const enable = (isEnabled: boolean): void => {
        for (const state of added) state.isEnabled = isEnabled
      }
      return {
        enable: () => enable(true),
        disable: () => enable(false),
        remove: () => {
          states = states.filter((state) => !added.includes(state))
        },
        hits: () => added.reduce((sum, state) => sum + state.hits, 0),
      }
    },
    clear: () => {
      states = []
    },
    calls: log.entries,
    count: (method) =>
      log.entries().filter((it) => method === undefined || it.method === method).length,
    clearCalls: log.clear,
    waitForCall: async (method, wait = {}) => await log.wait(method, wait),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer.kind === 'hang') return
  if (answer.kind === 'drop') {
    response.destroy()
    return
  }
  const { status, headers, body } = answer
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(body)
}

function toBadGateway(error: unknown): Answer {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'http', status: 502, headers: {}, body: JSON.stringify({ error: message }) }
}
