import { createCheckout, malformed } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import { answerPreflight } from './answer/respond.ts'
import { writeProblem } from './answer/writeProblem.ts'
import { type Context, paths } from './Context.ts'
import { createDiscovery } from './discovery/createDiscovery.ts'
import {
  type HttpHandlerOptions,
  readOptions,
  type Settings,
  toCheckoutOptions,
} from './HttpOptions.ts'
import { createOfferWriter } from './offer/createOfferWriter.ts'
import { toHttpProblem } from './problem.ts'
import { answerAccess } from './routes/answerAccess.ts'
import { answerProof } from './routes/answerProof.ts'

/** Answers requests. Never throws: what goes wrong becomes an answer. */
export type HttpHandler = {
  (request: Request): Promise<Response>
  /** Whether a request's path is one of ours; a framework passes on all others. */
  readonly matches: (request: Pick<Request, 'url'>) => boolean
  /** Sentences for the seller's log: offers that some buyers will not be able to take. */
  readonly warnings: readonly string[]
}

type Route = {
  readonly method: 'GET' | 'POST'
  readonly answer: (request: Request, url: URL) => Response | Promise<Response>
}

/**
 * Sells an engine's plans over x402 v2 and HTTP. It decides nothing about money: it reads a
 * request, asks the checkout, and writes what that said.
 *
 * - `GET /discover`, `/llms.txt`, `/skills.md`, `/openapi.json` and `/.well-known/x402` tell what is
 *   for sale.
 * - `POST /x402/access` answers 402 with an offer, or, with a `PAYMENT-SIGNATURE`, the grant.
 * - `POST /x402/proof` answers the grant for a transfer the buyer made itself.
 *
 * @throws CONFIG_INVALID naming every mistake in the options.
 */
export function createHttpHandler(options: HttpHandlerOptions): HttpHandler {
  const settings = readOptions(options)
  const checkout = createCheckout(toCheckoutOptions(settings))
  const offers = createOfferWriter(checkout)
  const report = createReport(settings)
  const routes = createRoutes({ settings, checkout, offers, report })
  const parseUrl = createUrlReader()
  const handle = async (request: Request): Promise<Response> => {
    const url = parseUrl(request.url)
    try {
      return await answer(request, url, routes, settings)
    } catch (error) {
      const problem = toHttpProblem(error)
      report(problem, url, error)
      const route = routes.get(url.pathname)
      const allow = route && problem.status === 405 ? { allow: methodsOf(route) } : {}
      return writeProblem(problem, settings.seller, allow)
    }
  }
  return Object.assign(handle, {
    matches: ({ url }: Pick<Request, 'url'>) => routes.has(parseUrl(url).pathname),
    warnings: checkout.warnings,
  })
}

/** Remembers the last one: a framework asks `matches` and then for the answer, mostly of one path. */
function createUrlReader(): (text: string) => URL {
  let last: { readonly text: string; readonly url: URL } | undefined
  return (text) => {
    if (last?.text !== text) last = { text, url: new URL(text) }
    return last.url
  }
}

function createRoutes(context: Context): ReadonlyMap<string, Route> {
  const documents = [...createDiscovery(context)]
  return new Map<string, Route>([
    ...documents.map(([path, answer]): [string, Route] => [path, { method: 'GET', answer }]),
    [
      paths.access,
      { method: 'POST', answer: (request, url) => answerAccess(request, url, context) },
    ],
    [paths.proof, { method: 'POST', answer: (request, url) => answerProof(request, url, context) }],
  ])
}

async function answer(
  request: Request,
  url: URL,
  routes: ReadonlyMap<string, Route>,
  { limits }: Settings,
): Promise<Response> {
  const route = routes.get(url.pathname)
  if (route === undefined) throw new Key0Error('NOT_FOUND')
  if (request.method === 'OPTIONS') return answerPreflight(methodsOf(route))
  const head = request.method === 'HEAD' && route.method === 'GET'
  if (request.method !== route.method && !head) {
    throw new Key0Error('METHOD_NOT_ALLOWED', { facts: { expected: methodsOf(route) } })
  }
  if (url.search.length > limits.maxQueryLength) {
    throw malformed('query', `at most ${limits.maxQueryLength} characters`)
  }
  const response = await route.answer(request, url)
  return head ? new Response(null, response) : response
}

function methodsOf({ method }: Route): string {
  return method === 'GET' ? 'GET, HEAD, OPTIONS' : `${method}, OPTIONS`
}

/** The path without its query and nothing else of the request: the rest may hold secrets. */
function createReport({ observe }: Settings): Context['report'] {
  return ({ code, status }, { pathname }, cause) => {
    if (status >= 500) observe({ name: 'request.failed', path: pathname, code, status, cause })
  }
}
