import { createA2aHandler } from '@key0/a2a'
import { type CheckoutOptions, createCheckout } from '@key0/checkout'
import type { EngineEvent } from '@key0/core'
import {
  createHttpHandler,
  type Surface as Door,
  type HttpHandler,
  type Incoming,
  type Resources,
  toRequest,
} from '@key0/http'
import type { SellerConfig } from './SellerConfig.ts'

/** A protocol by which the same plans are sold. */
type Surface = Pick<HttpHandler, 'matches'> & ((request: Request) => Promise<Response>)

/**
 * Everything this gateway serves, as one handler. A request is answered by the first protocol that
 * takes it: A2A comes before plain HTTP, whose payment path it shares.
 *
 * @throws CONFIG_INVALID when one of them refuses what is configured.
 */
export async function createHandler(
  config: SellerConfig,
  options: CheckoutOptions,
  observe: (event: EngineEvent) => void,
  resources?: Resources,
): Promise<HttpHandler> {
  const report = ({ cause, code, path }: Parameters<NonNullable<Observe>>[0]): void =>
    observe({ name: 'alert', what: `${code} at ${path}`, cause })
  const http = createHttpHandler({
    ...options,
    discovery: { ...config.discovery, surfaces: listDoors(config) },
    ...(resources && { resources }),
    observe: report,
  })
  const others: readonly Surface[] = [
    ...createA2a(config, options, report, http),
    ...(await createMcp(config, options, report, resources && http)),
  ]
  const receive = async (incoming: Incoming): Promise<Response> => {
    const { request } = incoming
    const other = others.find(({ matches }) => matches(request))
    return other ? other(toRequest(incoming)) : http.receive(incoming)
  }
  return Object.assign((request: Request) => receive({ request }), {
    ...http,
    receive,
    matches: (request: Pick<Request, 'url'>) =>
      [...others, http].some(({ matches }) => matches(request)),
  })
}

type Observe = Parameters<typeof createA2aHandler>[0]['observe']

function createA2a(
  { a2a, providerName, providerUrl }: SellerConfig,
  options: CheckoutOptions,
  observe: NonNullable<Observe>,
  { backendFor }: HttpHandler,
): readonly Surface[] {
  if (a2a === false) return []
  const provider =
    providerName === undefined || providerUrl === undefined
      ? {}
      : { provider: { organization: providerName, url: providerUrl } }
  const served = backendFor && { backendFor }
  const checkout = createCheckout(options)
  return [createA2aHandler({ checkout, ...a2a, ...provider, ...served, observe })]
}

/** Loaded by those who serve it: the protocol's SDK is many times larger than all else here. */
async function createMcp(
  { mcp = false }: SellerConfig,
  options: CheckoutOptions,
  observe: NonNullable<Observe>,
  /** Serves the routes, if anything here does. */
  http: HttpHandler | undefined,
): Promise<readonly Surface[]> {
  if (mcp === false) return []
  const { createMcpHandler } = await import('@key0/mcp')
  const { routes = false, ...more } = mcp === true ? {} : mcp
  const served = routes && http && { routes: http.receive }
  return [createMcpHandler({ checkout: createCheckout(options), ...more, ...served, observe })]
}

/** What the documents say of the other ways in, after the seller's own. */
function listDoors({ discovery, a2a, mcp, agentUrl }: SellerConfig): readonly Door[] {
  const base = agentUrl.replace(/\/+$/, '')
  const path = (a2a !== false && a2a?.path) || '/a2a'
  return [
    ...(discovery?.surfaces ?? []),
    ...(a2a === false ? [] : [{ name: 'A2A', url: `${base}${path}`, description: a2aDoor }]),
    ...(mcp ? [{ name: 'MCP', url: `${base}/mcp`, description: mcpDoor }] : []),
  ]
}

const a2aDoor = 'for agents that speak A2A; the card is at /.well-known/agent-card.json'
const mcpDoor = 'the same as tools of an MCP server, streamable HTTP'
