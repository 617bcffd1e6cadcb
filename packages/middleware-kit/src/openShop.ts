import { type RequirePaymentOptions, readGate } from '@key0/sdk'
import { type Key0Source, type Opened, openKey0 } from './openKey0.ts'
import { createRouteGate, type PaidRoute, type RouteGate } from './route/createRouteGate.ts'

/** A gateway that may still be starting, with the routes that are sold through it. */
export type Shop = {
  readonly opening: Promise<Opened>
  /** Puts a price on requests that the seller's own handler answers. */
  readonly gate: (route: string | PaidRoute) => RouteGate
  /** Resolves once everything can be sold; rejects when something cannot. */
  readonly ready: () => Promise<void>
  /** Stops what was started here. */
  readonly close: () => Promise<void>
}

/** Opens a shop at once and answers before it can sell: whoever asks meanwhile waits. */
export function openShop(source: Key0Source): Shop {
  const opening = openKey0(source)
  const gates: RouteGate[] = []
  return {
    opening,
    gate(route) {
      const gate = createRouteGate(opening, route)
      gates.push(gate)
      return gate
    },
    async ready() {
      await Promise.all([opening, ...gates.map(({ ready }) => ready())])
    },
    async close() {
      ;(await opening).close()
    },
  }
}

/** A shop with one gate, which sells what is behind it. */
export type GateShop = Pick<Shop, 'ready' | 'close'> & { readonly gate: RouteGate }

/** Opens a gate. @throws CONFIG_INVALID for what can be seen at once */
export function openGate(options: RequirePaymentOptions): GateShop {
  const { config, routeId, tell } = readGate(options)
  const { gate, ready, close } = openShop(config)
  const selling = gate(routeId)
  const told: RouteGate = Object.assign(
    (...[incoming, serve]: Parameters<RouteGate>) =>
      selling(incoming, async (payment, body) => {
        await tell(payment)
        return serve(payment, body)
      }),
    { maxRequestBytes: selling.maxRequestBytes, ready: selling.ready },
  )
  return { gate: told, ready, close }
}
