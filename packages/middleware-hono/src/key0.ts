import {
  callerOfEnv,
  type Key0Payment,
  type Key0Source,
  openGate,
  openShop,
  type PaidRoute,
  type RouteGate,
  readPrefix,
  rereadWebBody,
  type Shop,
  unmountUrl,
} from '@key0/middleware-kit'
import type { RequirePaymentOptions } from '@key0/sdk'
import { Hono, type MiddlewareHandler } from 'hono'

declare module 'hono' {
  interface ContextVariableMap {
    /** What this request was paid with; set by `payPerRequest`. */
    key0Payment: Key0Payment
  }
}

type Mounted = Pick<Shop, 'ready' | 'close'> & {
  /**
   * Sells each request that comes this far, and lets the handlers after it answer what is paid.
   * What they answer is stored before it leaves; anything but a 2xx goes back as money.
   */
  readonly payPerRequest: (route: string | PaidRoute) => MiddlewareHandler
}

export type Key0Options = {
  /** The path under which Key0's own paths lie, such as `/pay`; `agentUrl` names it too. */
  readonly prefix?: string
}

export type Key0Middleware = MiddlewareHandler & Mounted

export type Key0App = Hono & Mounted

/**
 * Answers Key0's paths beside an app's own routes; every other path goes on to the app. Put it
 * before or after whatever reads bodies with `c.req`.
 *
 * @example
 * const shop = key0({ agentName, agentUrl, walletAddress, network, plans, store, ... })
 * const app = new Hono().use(shop)
 * app.get('/photos/:id', shop.payPerRequest({ routeId: 'photo', unitAmount: '$0.01' }), sendPhoto)
 * await shop.ready()
 */
export function key0(source: Key0Source, { prefix }: Key0Options = {}): Key0Middleware {
  const under = readPrefix(prefix)
  const { opening, gate, ready, close } = openShop(source)
  const handle: MiddlewareHandler = async (context, next) => {
    const { handler } = await opening
    const { raw } = context.req
    const url = prefix === undefined ? raw.url : unmountUrl(raw.url, under)
    if (url === undefined || !handler.matches({ url })) return next()
    const body = await rereadWebBody(context.req)
    // A request whose body was read is nothing that another could be made of.
    const rest = body ? { method: raw.method, headers: raw.headers, signal: raw.signal } : raw
    const request = url === raw.url ? raw : new Request(url, rest)
    return handler.receive({ request, ...callerOfEnv(context.env), ...(body && { body }) })
  }
  return Object.assign(handle, {
    ready,
    close,
    payPerRequest: (route: string | PaidRoute) => sellThrough(gate(route)),
  })
}

/**
 * Key0's paths as an app, to serve alone or to mount with `app.route('/', key0App(...))`. Under any
 * other path than `/` it is told so: `app.route('/pay', key0App(config, { prefix: '/pay' }))`.
 *
 * @example
 * const app = key0App({ agentName, agentUrl, walletAddress, network, plans, store, ... })
 * await app.ready()
 * serve({ fetch: app.fetch, port: 3000 })
 */
export function key0App(source: Key0Source, options: Key0Options = {}): Key0App {
  const middleware = key0(source, options)
  const { ready, close, payPerRequest } = middleware
  return Object.assign(new Hono().use(middleware), { ready, close, payPerRequest })
}

/**
 * Sells what is behind it, without a shop around it. The gate needs no private key, and keeps in
 * memory what it is given no place for.
 *
 * @throws CONFIG_INVALID now for what can be seen at once; all else fails `ready()`
 */
export function requirePayment(
  options: RequirePaymentOptions,
): MiddlewareHandler & Pick<Shop, 'ready' | 'close'> {
  const { gate, ready, close } = openGate(options)
  return Object.assign(sellThrough(gate), { ready, close })
}

function toBuffer(bytes: Uint8Array = new Uint8Array()): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

function sellThrough(gate: RouteGate): MiddlewareHandler {
  return async (context, next) => {
    const { req } = context
    // A body that was read through Hono before is there; any other is read no further than is sold.
    const read = await rereadWebBody(req)
    const incoming = { request: req.raw, ...callerOfEnv(context.env), ...(read && { body: read }) }
    const answer = await gate(incoming, async (payment, body) => {
      // Hono keeps what it has read here, and asks the request no more.
      if (!read) Object.assign(req.bodyCache, { arrayBuffer: Promise.resolve(toBuffer(body)) })
      context.set('key0Payment', payment)
      await next()
      return context.res
    })
    // An assignment would mix the headers of both.
    context.res = undefined
    context.res = answer
    return answer
  }
}
