import { type BackendFor, type BoundResource, createCheckout, malformed } from '@key0/checkout'
import { Key0Error, type RouteTerms, readRouteTerms } from '@key0/core'
import { answerPreflight } from './answer/respond.ts'
import { writeProblem } from './answer/writeProblem.ts'
import { type Context, paths, type Where } from './Context.ts'
import { createDiscovery, type Documents } from './discovery/createDiscovery.ts'
import { judgeDiscovery } from './discovery/judgeDiscovery.ts'
import {
  type HttpHandlerOptions,
  readOptions,
  type Settings,
  toCheckoutOptions,
} from './HttpOptions.ts'
import { createOfferWriter } from './offer/createOfferWriter.ts'
import { toHttpProblem } from './problem.ts'
import { toRequest } from './request/toRequest.ts'
import { backendFor } from './resource/accessResource.ts'
import { answerRoute } from './resource/answerRoute.ts'
import type { Incoming, ResourceSale } from './resource/ResourceSale.ts'
import { targetOf } from './resource/readResource.ts'
import { sellResource, whereOf } from './resource/sellResource.ts'
import { answerAccess } from './routes/answerAccess.ts'
import { answerChallenge } from './routes/answerChallenge.ts'
import { answerProof } from './routes/answerProof.ts'

/** Answers requests. Never throws: what goes wrong becomes an answer. */
export type HttpHandler = {
  (request: Request): Promise<Response>
  /** The same for a request of which more is known than a `Request` says. */
  readonly receive: (incoming: Incoming) => Promise<Response>
  /**
   * Whether a request's path is one of ours; a framework passes on all others. Ours are Key0's own
   * and, where `resources` answers them, those of the catalog, whatever the method, with whatever
   * some server might take for one of them.
   */
  readonly matches: (request: Pick<Request, 'url'>) => boolean
  /**
   * Sells one request of a route that the seller's own code has matched, and has it answered by
   * `sale.fetchResource`. Nothing is asked of it before the payment is settled, nothing it says
   * leaves before it is stored, and it is not asked again for a repeat.
   */
  readonly sell: (incoming: Incoming, sale: ResourceSale) => Promise<Response>
  /**
   * The terms of a route that is mounted in code and is not in the catalog, ready to be sold. With
   * `method` and `path` it stands in the documents as well.
   *
   * @throws CONFIG_INVALID naming every mistake at once.
   */
  readonly addRoute: (terms: Omit<RouteTerms, 'unitAmountRaw'>) => RouteTerms
  /**
   * Who answers a request that came over another protocol, once it is paid there; set where
   * `resources` answer the catalog's routes. For `backendFor` of `@key0/a2a`.
   */
  readonly backendFor?: BackendFor
  /**
   * Sentences for the seller's log: offers that some buyers will not be able to take. `addRoute`
   * adds to them.
   */
  readonly warnings: readonly string[]
}

type Route = {
  readonly methods: readonly ('GET' | 'POST')[]
  readonly answer: (incoming: Incoming, url: URL) => Response | Promise<Response>
}

/**
 * Sells an engine's plans and routes over x402 v2 and HTTP. It decides nothing about money: it reads a
 * request, asks the checkout, and writes what that said.
 *
 * - `GET /discover`, `/llms.txt`, `/skills.md`, `/openapi.json` and `/.well-known/x402` tell what is
 *   for sale.
 * - `POST /x402/access` answers 402 with an offer, or, with a `PAYMENT-SIGNATURE`, the grant.
 * - `POST /x402/proof` answers the grant for a transfer the buyer made itself.
 * - `GET /x402/challenges/{id}` tells what became of a payment, and its payer what it bought.
 * - The catalog's routes are answered by `resources`, the priced ones once they are paid.
 *
 * @throws CONFIG_INVALID naming every mistake in the options.
 */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const settings = readOptions(options)
  const checkout = createCheckout(toCheckoutOptions(settings))
  const offers = createOfferWriter(checkout)
  const report = createReport(settings)
  const context = { settings, checkout, offers, report }
  const documents = createDiscovery(context)
  const own = createRoutes(context, documents)
  assertApart(settings, own)
  const { seller, resources } = settings
  const warnings = [...checkout.warnings, ...judgeDiscovery(settings)]
  const parseUrl = createUrlReader()
  const guarded = async (where: Where, work: () => Promise<Response>): Promise<Response> => {
    try {
      return await work()
    } catch (error) {
      const problem = toHttpProblem(error)
      report(problem, where, error)
      const { expected: allow } = problem.facts
      const told = problem.status === 405 && allow !== undefined ? { allow } : {}
      return writeProblem(problem, seller, told)
    }
  }
  const receive = (incoming: Incoming): Promise<Response> => {
    const { request } = incoming
    const url = parseUrl(request.url)
    const route = find(own, url)
    if (route) {
      const asked = { ...incoming, request: toRequest(incoming) }
      return guarded(url, () => answer(asked, url, route, settings))
    }
    if (!resources) return guarded(url, () => Promise.reject(new Key0Error('NOT_FOUND')))
    return guarded(whereOf(targetOf(incoming)), () => answerRoute(incoming, resources, context))
  }
  return Object.assign((request: Request) => receive({ request }), {
    receive,
    matches({ url }: Pick<Request, 'url'>) {
      const asked = parseUrl(url)
      if (find(own, asked)) return true
      return resources !== undefined && settings.engine.catalog.concerns(asked.pathname)
    },
    sell: (incoming: Incoming, sale: ResourceSale) =>
      guarded(whereOf(targetOf(incoming)), () => sellResource(incoming, sale, context)),
    addRoute(terms: Omit<RouteTerms, 'unitAmountRaw'>) {
      const route = readRouteTerms(terms, seller.token.decimals)
      const told = checkout.warnings.length
      checkout.addRoute(route)
      warnings.push(...checkout.warnings.slice(told))
      const { method, path } = route
      if (method !== undefined && path !== undefined) documents.list({ ...route, method, path })
      return route
    },
    ...(resources && { backendFor: (bound: BoundResource) => backendFor(bound, resources) }),
    warnings,
  })
}

/** @throws CONFIG_INVALID for a route at a path that we answer ourselves. */
function assertApart({ engine }: Settings, own: ReadonlyMap<string, Route>): void {
  const taken = engine.catalog.routes.map(({ path }) => path).filter((path) => own.has(path))
  if (taken.length === 0) return
  const facts = { routes: `${taken.join(', ')}: Key0 answers this path itself` }
  throw new Key0Error('CONFIG_INVALID', { facts })
}

/** Remembers the last one: a framework asks `matches` and then for the answer, mostly of one path. */
function createUrlReader(): (text: string) => URL {
  let last: { readonly text: string; readonly url: URL } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, url: new URL(text) }
    return last.url
  }
}

function createRoutes(context: Context, documents: Documents): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    ...[...documents.byPath].map(([path, answer]): [string, Route] => [
      path,
      { methods: ['GET'], answer },
    ]),
    [
      paths.access,
      { methods: ['POST'], answer: (incoming, url) => answerAccess(incoming, url, context) },
    ],
    [
      paths.proof,
      { methods: ['POST'], answer: ({ request }, url) => answerProof(request, url, context) },
    ],
    [
      paths.challenges,
      {
        methods: ['GET', 'POST'],
        answer: ({ request }, url) => answerChallenge(request, url, context),
      },
    ],
  ])
}

/** The one path that goes on behind its name is that of challenges. */
function find(routes: ReadonlyMap<string, Route>, { pathname }: URL): Route | undefined {
  const { challenges } = paths
  const isOne = pathname.startsWith(challenges) && pathname.length > challenges.length
  return isOne ? routes.get(challenges) : routes.get(pathname)
}

async function answer(
  incoming: Incoming,
  url: URL,
  route: Route,
  { limits }: Settings,
): Promise<Response> {
  const { request } = incoming
  if (request.method === 'OPTIONS') return answerPreflight(methodsOf(route))
  const head = request.method === 'HEAD' && route.methods.includes('GET')
  if (!head && !route.methods.some((method) => method === request.method)) {
    throw new Key0Error('METHOD_NOT_ALLOWED', { facts: { expected: methodsOf(route) } })
  }
  if (url.search.length > limits.maxQueryLength) {
    throw malformed('query', `at most ${limits.maxQueryLength} characters`)
  }
  const response = await route.answer(incoming, url)
  return head ? new Response(null, response) : response
}

function methodsOf({ methods }: Route): string {
  return methods
    .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    .concat('OPTIONS')
    .join(', ')
}

/** The path without its query and nothing else of the request: the rest may hold secrets. */
function createReport({ observe }: Settings): Context['report'] {
  return ({ code, status }, { pathname }, cause) => {
    if (status >= 500) observe({ name: 'request.failed', path: pathname, code, status, cause })
  }
}
