import { nameRoutes } from '@key0/checkout'
import type { CatalogRoute } from '@key0/core'
import {
  body,
  idempotencyKey,
  offerResponse,
  paymentInfo,
  refusals,
  requestSecurity,
  settledHeaders,
} from './openApiParts.ts'
import type { RouteWare, Shop } from './Shop.ts'

type Schema = Readonly<Record<string, unknown>>

/** The catalog's routes as path items of OpenAPI, an operation for each method. */
export function writeRoutes(shop: Shop): Readonly<Record<string, object>> {
  const { routes } = shop
  const names = nameRoutes(routes.map(({ route }) => route))
  // Paths that differ in nothing but the names of parameters are one path to OpenAPI.
  const keys = new Map<string, string>()
  const items: Record<string, Record<string, object>> = {}
  for (const ware of routes) {
    const shape = ware.route.path.replace(/:[A-Za-z]\w*/g, ':')
    const key = keys.get(shape) ?? toTemplate(ware.route.path)
    keys.set(shape, key)
    const { method, routeId } = ware.route
    const operation = writeOperation(ware, { name: names.get(routeId) ?? routeId, key, shop })
    items[key] = { ...items[key], [method.toLowerCase()]: operation }
  }
  return items
}

/** `/photos/:id` is `/photos/{id}`, and what a star stands for is called `rest`. */
function toTemplate(path: string): string {
  return path.replace(/:([A-Za-z]\w*)/g, '{$1}').replace(/\*$/, '{rest}')
}

function writeOperation(
  { route, priced }: RouteWare,
  { name, key, shop }: { readonly name: string; readonly key: string; readonly shop: Shop },
): object {
  const { routeId, description, mimeType = 'application/json', outputSchema } = route
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE'
  const content = { [mimeType]: outputSchema === undefined ? {} : { schema: outputSchema } }
  return {
    operationId: `route_${name}`,
    summary: description ?? routeId,
    ...(priced && { 'x-payment-info': paymentInfo([{ routeId, ...priced }]) }),
    security: priced ? requestSecurity(shop) : [],
    parameters: [
      ...pathParameters(key),
      ...(hasBody ? [] : queryParameters(route)),
      ...(priced ? [idempotencyKey] : []),
    ],
    ...(hasBody && { requestBody: body(route.inputSchema ?? {}, 'optional') }),
    responses: {
      200: {
        description: 'What was asked for',
        content,
        ...(priced && { headers: settledHeaders(shop) }),
      },
      ...(priced && offerResponse),
      ...refusals,
    },
  }
}

function pathParameters(key: string): readonly object[] {
  return [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }))
}

/** What a request without a body is asked, is asked in its query. */
function queryParameters({ inputSchema = {} }: CatalogRoute): readonly object[] {
  const { properties = {}, required = [] } = inputSchema as {
    readonly properties?: Readonly<Record<string, Schema>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema },
  }))
}
