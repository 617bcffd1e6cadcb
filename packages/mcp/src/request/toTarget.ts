import { malformed } from '@key0/checkout'
import type { PricedRoute, Route } from '@key0/core'
import type { Call, Tool } from '../tools/Tool.ts'

type Args = Call['args']

/** What a route leaves open: its parameters, and the star at its end. */
const place = /:([A-Za-z]\w*)|\*$/g

/** Whether a route's requests bring something to read. */
export function hasBody({ method }: Pick<Route, 'method'>): boolean {
  return method !== 'GET' && method !== 'DELETE'
}

/** What a call of a route's tool is asked: as much of a request as the route leaves open. */
export function writeInputSchema(route: PricedRoute): Tool['listing']['inputSchema'] {
  const names = namesIn(route.path)
  const inPath = Object.fromEntries(names.map((name) => [name, { type: 'string' }]))
  const { inputSchema } = route
  return {
    type: 'object',
    properties: {
      ...(names.length > 0 && { path: { type: 'object', required: names, properties: inPath } }),
      ...(hasBody(route)
        ? { body: inputSchema ?? {} }
        : { query: inputSchema ?? { type: 'object' } }),
    },
    ...(names.length > 0 && { required: ['path'] }),
  }
}

/** What a star stands for is called `rest`. */
function namesIn(path: string): readonly string[] {
  return [...path.matchAll(place)].map(([, name]) => name ?? 'rest')
}

/**
 * Path and query of the request that a call describes. Whatever fills a place stays in its place:
 * a slash in a parameter is no slash in the path.
 *
 * @throws REQUEST_MALFORMED
 */
export function toTarget({ path, method }: PricedRoute, args: Args): string {
  const given = fields(args.path, '$.arguments.path')
  const fill = (name: string): string => text(given, name, '$.arguments.path')
  // All at once: what fills one place may look like another.
  const filled = path.replace(place, (_, name?: string) =>
    name === undefined
      ? fill('rest').split('/').map(encodeURIComponent).join('/')
      : encodeURIComponent(fill(name)),
  )
  const query = hasBody({ method }) ? '' : toQuery(fields(args.query, '$.arguments.query'))
  return query === '' ? filled : `${filled}?${query}`
}

function toQuery(given: Args): string {
  const query = new URLSearchParams()
  for (const name of Object.keys(given))
    if (given[name] !== undefined && given[name] !== null)
      query.append(name, text(given, name, '$.arguments.query'))
  return query.toString()
}

function fields(value: unknown, field: string): Args {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed(field, 'an object')
  return value as Args
}

function text(given: Args, name: string, where: string): string {
  const value = Object.hasOwn(given, name) ? given[name] : undefined
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value)
  // The name of a query's field is the caller's own and is not repeated.
  const field = where.endsWith('path') ? `${where}.${name}` : where
  if (!isPlain || value === '') throw malformed(field, 'text or numbers')
  return `${value}`
}
