/**
 * Requests that a seller answers one by one, each at the same price. A path holds names of
 * parameters, and may end in a wildcard: `/photos/:id`, `/files/*`.
 */
export type Route = {
  /** Names it in offers and records. Default: method and path, such as `GET /photos/:id`. */
  readonly routeId?: string
  /** In capitals. `HEAD` goes with `GET`, at the same price. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** The price of one request, such as `"$0.01"`; absent: it is free. */
  readonly unitAmount?: string
  readonly description?: string
  /** The media type of what it answers. */
  readonly mimeType?: string
  /** JSON Schema of what it is asked, for buyers' software. */
  readonly inputSchema?: Readonly<Record<string, unknown>>
  /** JSON Schema of what it answers. */
  readonly outputSchema?: Readonly<Record<string, unknown>>
}

export type FreeRoute = Omit<Route, 'unitAmount'> & { readonly routeId: string }

/** A route with its price read. */
export type PricedRoute = Route & {
  readonly routeId: string
  readonly unitAmount: string
  readonly unitAmountRaw: bigint
}

/**
 * What of a route an offer is made of. Where it is mounted does not matter to its sale; it is what
 * buyers' software and the documents are told.
 */
export type RouteTerms = Omit<PricedRoute, 'method' | 'path'> &
  Partial<Pick<PricedRoute, 'method' | 'path'>>

export type CatalogRoute = FreeRoute | PricedRoute

export function isPriced(route: CatalogRoute): route is PricedRoute {
  return 'unitAmountRaw' in route
}
