import { conditions, Key0Error, type RouteRequest, type RouteTerms } from '@key0/core'
import type { DeliveryLimits, Incoming } from '@key0/http'
import type { Opened } from '../openKey0.ts'

/** What a request of a route was paid with; the same for every repeat of it. */
export type Key0Payment = NonNullable<RouteRequest['paid']>

/**
 * The price of the requests that a handler of the seller's own answers. With `method` and `path`
 * they stand in the discovery documents as well; offers say the method either way.
 */
export type PaidRoute = Omit<RouteTerms, 'unitAmountRaw'> & {
  /** How long an answer may take, and how much of it is stored. */
  readonly delivery?: Partial<DeliveryLimits>
}

/** Runs the seller's own handler for a request that is paid, with the body that it was paid with. */
export type Serve = (payment: Key0Payment, body?: Uint8Array) => Promise<Response>

/** Sells one request: answers the price, the refusal, or what `serve` answered once it is stored. */
export type RouteGate = {
  (incoming: Incoming, serve: Serve): Promise<Response>
  readonly maxRequestBytes: number
  /** Resolves once the route is priced. A route that cannot be sold rejects it. */
  readonly ready: () => Promise<unknown>
}

const MAX_REQUEST_BYTES = 1_048_576

/**
 * Puts a price on requests that the seller's own handler answers.
 *
 * @param route a route of the catalog by its id, or the terms of one that is known here alone
 */
export function createRouteGate(opening: Promise<Opened>, route: string | PaidRoute): RouteGate {
  const { delivery, ...terms }: Partial<PaidRoute> = typeof route === 'string' ? {} : route
  const selling = opening.then(({ handler, findRoute, warn }) => {
    if (typeof route === 'string') return { handler, route: findRoute(route) }
    const told = handler.warnings.length
    const added = handler.addRoute(terms as PaidRoute)
    warn(handler.warnings.slice(told))
    return { handler, route: added }
  })
  const sell = async (incoming: Incoming, serve: Serve): Promise<Response> => {
    const { handler, route: priced } = await selling
    return handler.sell(incoming, {
      route: priced,
      ...(delivery && { delivery }),
      fetchResource: async ({ paid, body, signal }) => {
        if (!paid) throw new Key0Error('PAYMENT_REQUIRED')
        for (const name of conditions) incoming.request.headers.delete(name)
        const bytes = body instanceof Uint8Array ? body : undefined
        return Promise.race([serve(paid, bytes), abortOf(signal)])
      },
    })
  }
  return Object.assign(sell, {
    maxRequestBytes: delivery?.maxRequestBytes ?? MAX_REQUEST_BYTES,
    ready: () => selling,
  })
}

/** A handler does not know when nobody waits for it any more; whoever waits for it does. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
