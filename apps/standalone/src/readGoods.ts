import { type Reader as AnyReader, readHeaderSecret } from '@key0/app-kit'
import { createCatalog, Key0Error, type Plan, type Route } from '@key0/core'
import type { Setting } from './env.ts'
import type { GatewayConfig } from './GatewayConfig.ts'

type Reader = AnyReader<Setting>

const DEFAULT_PLANS = '[{"planId":"basic","unitAmount":"$0.10"}]'
const ROUTES_EXAMPLE = '[{"method":"GET","path":"/photos/:id","unitAmount":"$0.01"}]'
const DECIMALS = 6

/** What is sold: plans, single requests, or both; and who answers the requests. */
export function readGoods(read: Reader): Pick<GatewayConfig, 'plans' | 'routes' | 'proxy'> {
  const routesIn = read.has('routesBase64') ? 'routesBase64' : 'routes'
  const plansIn = read.has('plansBase64') ? 'plansBase64' : 'plans'
  const routes = readList<Route>(read, routesIn, { example: ROUTES_EXAMPLE, usual: '[]' })
  // Who sells requests and names no plan sells none.
  const usual = read.has(routesIn) ? '[]' : DEFAULT_PLANS
  const plans = readList<Plan>(read, plansIn, { example: DEFAULT_PLANS, usual })
  if (plans && routes) judge(read, { plans, plansIn, routes, routesIn })
  const proxy = readProxy(read)
  if (proxy && routes?.length === 0)
    read.fault(routesIn, `must be set: only routes are passed on, such as ${ROUTES_EXAMPLE}`)
  if (!read.has('proxyToBaseUrl') && read.has(routesIn))
    read.fault('proxyToBaseUrl', 'must be set: it answers the routes')
  return { plans: plans ?? [], routes: routes ?? [], ...(proxy && { proxy }) }
}

/** `undefined`, and a fault, for what is no list. */
function readList<item>(
  read: Reader,
  setting: Setting,
  { example, usual }: { readonly example: string; readonly usual: string },
): readonly item[] | undefined {
  const text = read.text(setting, usual)
  const json = setting.endsWith('Base64') ? Buffer.from(text, 'base64').toString('utf8') : text
  try {
    const list: unknown = JSON.parse(json)
    if (Array.isArray(list)) return list
  } catch {
    // The text itself is not repeated.
  }
  read.fault(setting, `must be like ${example}: it is not a JSON array`)
  return undefined
}

/** Paths that the gateway answers before any route; those of the protocols are found at the start. */
const taken = ['/health', '/readyz']

/** Plans and routes share their ids, so they are judged together. */
function judge(
  read: Reader,
  of: {
    readonly plans: readonly Plan[]
    readonly plansIn: Setting
    readonly routes: readonly Route[]
    readonly routesIn: Setting
  },
): void {
  try {
    const { routes } = createCatalog(of.plans, DECIMALS, of.routes)
    const own = routes.map(({ path }) => path).filter((path) => taken.includes(path))
    if (own.length > 0) read.fault(of.routesIn, `must not name ${own.join(', ')}: it is our own`)
  } catch (error) {
    if (!Key0Error.is(error)) throw error
    const { plans, routes } = error.facts
    if (plans) read.fault(of.plansIn, `must be like ${DEFAULT_PLANS}: ${plans}`)
    if (routes) read.fault(of.routesIn, `must be like ${ROUTES_EXAMPLE}: ${routes}`)
  }
}

function readProxy(read: Reader): GatewayConfig['proxy'] {
  const secret = readHeaderSecret(read, 'proxySecret')
  const timeoutMs = read.int('proxyTimeoutMs', 30_000, { min: 1, max: 600_000 })
  const maxStoredBytes = read.int('proxyMaxStoredBytes', 262_144, { min: 0, max: 1_048_576 })
  const baseUrl = read.baseUrl('proxyToBaseUrl')
  if (baseUrl === undefined) return undefined
  return { baseUrl, timeoutMs, maxStoredBytes, ...(secret !== undefined && { secret }) }
}
