import {
  createListener,
  type Key0Payment,
  type Key0Source,
  type NodeListener,
  openGate,
  openShop,
  type PaidRoute,
  type RouteGate,
  type Shop,
  serveRoute,
} from '@key0/middleware-kit'
import type { RequirePaymentOptions } from '@key0/sdk'
import type { RequestHandler } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** What this request was paid with; set by `payPerRequest`. */
      key0Payment?: Key0Payment
    }
  }
}

export type Key0Router = RequestHandler &
  Pick<Shop, 'ready' | 'close'> & {
    /**
     * Sells each request that comes this far, and lets the handlers after it answer what is paid.
     * What they write is stored before it leaves; anything but a 2xx goes back as money.
     */
    readonly payPerRequest: (route: string | PaidRoute) => RequestHandler
  }

/**
 * Answers Key0's paths beside an app's own routes; every other path goes on to the app. Mount it
 * before or after a body parser, at the root or under a path that `agentUrl` names too.
 *
 * @example
 * const key0 = key0Router({ agentName, agentUrl, walletAddress, network, plans, store, ... })
 * app.use(key0)
 * app.get('/photos/:id', key0.payPerRequest({ routeId: 'photo', unitAmount: '$0.01' }), sendPhoto)
 * await key0.ready()
 */
export function key0Router(source: Key0Source): Key0Router {
  const shop = openShop(source)
  let listening: Promise<NodeListener> | undefined
  const handle: RequestHandler = (request, response, next) => {
    listening ??= shop.opening.then(({ handler }) => createListener(handler))
    listening
      .then((listener) => (listener.matches(request) ? listener.answer(request, response) : next()))
      .catch(next)
  }
  const { ready, close } = shop
  return Object.assign(handle, {
    ready,
    close,
    payPerRequest: (route: string | PaidRoute) => sellThrough(shop.gate(route)),
  })
}

/**
 * Sells what is behind it: {@link Key0Router.payPerRequest} without a shop around it. The gate needs
 * no private key, and keeps in memory what it is given no place for.
 *
 * @throws CONFIG_INVALID now for what can be seen at once; all else fails `ready()`
 */
export function requirePayment(
  options: RequirePaymentOptions,
): RequestHandler & Pick<Shop, 'ready' | 'close'> {
  const { gate, ready, close } = openGate(options)
  return Object.assign(sellThrough(gate), { ready, close })
}

function sellThrough(gate: RouteGate): RequestHandler {
  return (request, response, next) => {
    const run = (payment: Key0Payment): void => {
      request.key0Payment = payment
      next()
    }
    serveRoute(gate, { request, response, target: request.originalUrl, run }).catch(next)
  }
}
