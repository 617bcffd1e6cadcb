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
