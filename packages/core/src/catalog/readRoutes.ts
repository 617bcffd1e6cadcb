import { Key0Error } from '../errors/Key0Error.ts'
import { parsePrice } from '../money/Units.ts'
import { covers, overlap, type Pattern, readPattern } from './Pattern.ts'
import type { CatalogRoute, Route, RouteTerms } from './Route.ts'

/** A route that can be matched. */
export type ReadRoute = { readonly route: CatalogRoute; readonly pattern: Pattern }

/** What an id may be made of; plans and routes share them. */
export const ID: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
export const ID_EXPECTED = '1 to 64 letters, digits, dots, dashes or underscores'

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
const METHOD_EXPECTED = `.method must be one of ${METHODS.join(', ')} (HEAD goes with GET)`
const PATH_EXPECTED = '.path must be like "/photos/:id" or "/files/*", percent-encoded'
const texts = ['description', 'mimeType'] as const
const schemas = ['inputSchema', 'outputSchema'] as const

/**
 * Reads a seller's routes and names every mistake at once. The most specific ones come first, so
 * that the first that matches is the one that is meant.
 */
export function readRoutes(
  routes: readonly Route[],
  decimals: number,
  taken: ReadonlySet<string>,
): { readonly read: readonly ReadRoute[]; readonly problems: readonly string[] } {
  const problems: string[] = []
  const read: ReadRoute[] = []
  const ids = new Set(taken)
  for (const [index, route] of routes.entries()) {
    const name = `routes[${index}]`
    const problem = (text: string): void => void problems.push(`${name}${text}`)
    if (typeof route !== 'object' || route === null) {
      problem(' must be an object')
      continue
    }
    judgeParts(route, problem)
    if (!METHODS.includes(route.method)) problem(METHOD_EXPECTED)
    const price = readPrice(route, decimals)
    if (price === 'wrong') problem(`.unitAmount ${priceExpected(decimals)}`)
    const pattern = typeof route.path === 'string' ? readPattern(route.path) : undefined
    if (!pattern) problem(PATH_EXPECTED)
    const routeId = route.routeId ?? `${route.method} ${route.path}`
    if (ids.has(routeId)) problem(`.routeId "${routeId}" is there twice`)
    ids.add(routeId)
    if (!pattern || price === 'wrong') continue
    const clash = read.find((other) => clashes(other, { route, pattern }))
    if (clash) problem(`.path ${route.path} is ambiguous beside ${clash.route.path}`)
    const { unitAmount, ...rest } = route
    const free = { ...rest, routeId }
    const priced = price !== undefined && { unitAmount: `${unitAmount}`, unitAmountRaw: price }
    read.push({ route: { ...free, ...priced }, pattern })
  }
  return { read: read.toSorted(bySpecificity), problems }
}

/**
 * Reads the terms of a route that is mounted in code, where the framework matches its path.
 *
 * @throws CONFIG_INVALID naming every mistake at once
 */
export function readRouteTerms(
  terms: Omit<RouteTerms, 'unitAmountRaw'>,
  decimals: number,
): RouteTerms {
  const problems: string[] = []
  const problem = (text: string): void => void problems.push(text.slice(1))
  if (terms.routeId === undefined) problem(`.routeId must be ${ID_EXPECTED}`)
  judgeParts(terms, problem)
  const { method, path } = terms
  if (method !== undefined && !METHODS.includes(method)) problem(METHOD_EXPECTED)
  if (path !== undefined && !(typeof path === 'string' && readPattern(path))) problem(PATH_EXPECTED)
  const price = readPrice(terms, decimals)
  if (price === 'wrong' || price === undefined) problem(`.unitAmount ${priceExpected(decimals)}`)
  else if (problems.length === 0) return { ...terms, unitAmountRaw: price }
  throw new Key0Error('CONFIG_INVALID', { facts: { route: problems.join('; ') } })
}

const priceExpected = (decimals: number): string =>
  `must be like "$0.10", above zero, with at most ${decimals} decimals`

function judgeParts(route: Omit<Route, 'method' | 'path'>, problem: (text: string) => void): void {
  const { routeId } = route
  if (routeId !== undefined && !(typeof routeId === 'string' && ID.test(routeId)))
    problem(`.routeId must be ${ID_EXPECTED}`)
  for (const part of texts)
    if (route[part] !== undefined && typeof route[part] !== 'string')
      problem(`.${part} must be text`)
  for (const part of schemas)
    if (route[part] !== undefined && !isObject(route[part])) problem(`.${part} must be an object`)
}

function readPrice(
  { unitAmount }: Pick<Route, 'unitAmount'>,
  decimals: number,
): bigint | undefined | 'wrong' {
  // Null is a mistake: read as free it would give away what has a price.
  if (unitAmount === undefined) return undefined
  try {
    return parsePrice(`${unitAmount}`, decimals)
  } catch {
    return 'wrong'
  }
}

/** Two routes of one method of which neither is a part of the other, or both are the same. */
function clashes(a: ReadRoute, b: { readonly route: Route; readonly pattern: Pattern }): boolean {
  if (a.route.method !== b.route.method || !overlap(a.pattern, b.pattern)) return false
  return covers(a.pattern, b.pattern) === covers(b.pattern, a.pattern)
}

/** Sorts more specific routes before others. */
export function bySpecificity(a: ReadRoute, b: ReadRoute): number {
  const [one, other] = [rank(a.pattern), rank(b.pattern)]
  if (one === other) return 0
  return one < other ? -1 : 1
}

/** A text before any one segment, and that before all that follow. */
function rank({ places }: Pattern): string {
  return places.map((place) => (place === 'rest' ? 2 : place === 'any' ? 1 : 0)).join('')
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
