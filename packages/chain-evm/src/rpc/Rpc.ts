import { type Clock, Key0Error } from '@key0/core'
import { createEndpoint, type Endpoint } from './Endpoint.ts'
import { isRevert, RpcError, RpcUnreachable } from './RpcError.ts'

/** A chain's nodes, asked in the order they were given until one answers. */
export type Rpc = {
  readonly hosts: readonly string[]
  /** Names the set of nodes without revealing a URL to anybody who prints it. */
  readonly identity: symbol
  /** @throws RpcError the last node's refusal; RpcUnreachable when none could be asked. */
  readonly request: RpcRequest
  /**
   * Puts several questions to one and the same node. When one of them fails, or the answers do
   * not fit together, all of them are put to the next node: no two nodes' answers are mixed.
   *
   * @throws what `request` throws, and what `ask` threw on the last node.
   */
  readonly withOneNode: <result>(ask: (request: RpcRequest) => Promise<result>) => Promise<result>
}

export type RpcRequest = <result>(method: string, params: readonly unknown[]) => Promise<result>

export type RpcOptions = {
  readonly chainId: number
  readonly urls: readonly URL[]
  readonly timeoutMs: number
  readonly clock: Clock
}

type Node = Endpoint & {
  /** Resolves once the node has shown that it follows our chain. */
  readonly admit: () => Promise<void>
  restingUntilMs: number
}

/** A node that failed is asked last for this long, so that a dead one does not slow every call. */
const restMs = 15_000

const retryAfterMs = 150

/**
 * Connects to a chain's nodes. Each must show the expected chain id before it is asked anything
 * else, whenever it first answers.
 *
 * @throws CHAIN_MISMATCH when a node follows another chain; CHAIN_UNREACHABLE when none answers.
 */
export async function createRpc(options: RpcOptions): Promise<Rpc> {
  const { clock, urls } = options
  const nodes = urls.map((url) => createNode(options, url))
  const admitted = await Promise.allSettled(nodes.map(async (node) => await node.admit()))
  const failures = admitted.flatMap((it) => (it.status === 'rejected' ? [it.reason] : []))
  const mismatch = failures.find((it) => Key0Error.is(it, 'CHAIN_MISMATCH'))
  if (mismatch) throw mismatch
  const hosts = nodes.map(({ host }) => host)
  if (failures.length === nodes.length) {
    throw new Key0Error('CHAIN_UNREACHABLE', {
      cause: failures[0],
      facts: { hosts: hosts.join(', ') },
    })
  }

  const askEach = async <result>(ask: (request: RpcRequest) => Promise<result>) => {
    const now = clock.nowMs()
    const isResting = (node: Node): boolean => node.restingUntilMs > now
    const order = [...nodes.filter((it) => !isResting(it)), ...nodes.filter(isResting)]
    let failure: unknown
    for (const node of order) {
      try {
        await node.admit()
        const result = await ask(node.request as RpcRequest)
        node.restingUntilMs = 0
        return result
      } catch (error) {
        if (isRevert(error)) throw error
        if (!(error instanceof RpcError)) node.restingUntilMs = clock.nowMs() + restMs
        // A node that refused says more than one that could not be reached.
        if (!(failure instanceof RpcError) || error instanceof RpcError) failure = error
      }
    }
    throw failure
  }
  const withOneNode: Rpc['withOneNode'] = async (ask) => {
    try {
      return await askEach(ask)
    } catch (error) {
      if (!(error instanceof RpcUnreachable) || error.timedOut) throw error
      // A connection that was closed under us, or a moment of too many requests: once more.
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
      return await askEach(ask)
    }
  }
  const askAny: RpcRequest = async (method, params) =>
    await withOneNode(async (request) => await request(method, params))
  return { hosts, identity: identify(options), withOneNode, request: shareAnswers(askAny) }
}

/** Questions about the chain whose answer serves everybody who asks while it is under way. */
const shared: ReadonlySet<string> = new Set([
  'eth_call',
  'eth_getBalance',
  'eth_getCode',
  'eth_getTransactionReceipt',
])

/** Fifty refunds of one wallet, or in one transaction, put the same questions at one moment. */
function shareAnswers(request: RpcRequest): RpcRequest {
  const inFlight = new Map<string, Promise<unknown>>()
  return async <result>(method: string, params: readonly unknown[]): Promise<result> => {
    if (!shared.has(method)) return await request<result>(method, params)
    const key = `${method} ${JSON.stringify(params)}`
    const asking = inFlight.get(key) ?? request(method, params).finally(() => inFlight.delete(key))
    inFlight.set(key, asking)
    return (await asking) as result
  }
}

function createNode({ chainId, timeoutMs }: RpcOptions, url: URL): Node {
  const endpoint = createEndpoint(url, timeoutMs)
  let admission: Promise<void> | undefined
  const check = async (): Promise<void> => {
    const answer = await endpoint.request('eth_chainId', [])
    const found = typeof answer === 'string' ? Number(answer) : Number.NaN
    if (Number.isNaN(found)) throw new RpcUnreachable(`${endpoint.host} has no chain id`)
    if (found === chainId) return
    const facts = { host: endpoint.host, expected: String(chainId), found: String(found) }
    throw new Key0Error('CHAIN_MISMATCH', { facts: { field: 'chainId', ...facts } })
  }
  const admit = async (): Promise<void> => {
    admission ??= check()
    try {
      await admission
    } catch (error) {
      admission = undefined
      throw error
    }
  }
  return { ...endpoint, admit, restingUntilMs: 0 }
}

const identities = new Map<string, symbol>()

/** The same nodes have the same identity in one process, however often they are connected. */
function identify({ chainId, urls }: RpcOptions): symbol {
  const key = [String(chainId), ...urls.map(({ href }) => href).sort()].join(' ')
  const known = identities.get(key) ?? Symbol(`chain ${chainId}`)
  identities.set(key, known)
  return known
}

/**
 * Reads one or several URLs, comma-separated or as a list.
 *
 * @throws CONFIG_INVALID that never repeats the URL: access keys live in it.
 */
export function parseRpcUrls(urls: string | readonly string[]): readonly URL[] {
  const texts = (typeof urls === 'string' ? urls.split(',') : urls).map((it) => it.trim())
  const given = texts.filter((it) => it !== '')
  const isUsable = (it: string): boolean => URL.canParse(it) && /^https?:/i.test(it)
  if (given.length > 0 && given.every(isUsable)) return given.map((it) => new URL(it))
  const expected = 'one or more http(s) URLs, separated by commas'
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'rpcUrls', expected } })
}
