import type { Payment } from '@key0/checkout'
import {
  conditions,
  invariant,
  Key0Error,
  type PresentedTransfer,
  type ResourceRequest,
} from '@key0/core'
import { answerPreflight } from '../answer/respond.ts'
import { settlementHeader } from '../answer/settlementHeader.ts'
import { writeRefusal } from '../answer/writeRefusal.ts'
import type { Context, Where } from '../Context.ts'
import { httpProblemOf } from '../problem.ts'
import { idempotencyKeyHeader, readIdempotencyKey } from '../request/readIdempotencyKey.ts'
import { dialectOf, hasPayment, readPaymentHeader } from '../request/readPaymentHeader.ts'
import { proofHeader, readProofHeader } from '../request/readTransfer.ts'
import { toCaller } from '../request/toCaller.ts'
import { createBackend, type SaleBackend } from './createBackend.ts'
import { defaultDelivery, type Incoming, type ResourceSale } from './ResourceSale.ts'
import { type ReadResource, readResource, targetOf } from './readResource.ts'
import { fromBase64, writePaid } from './writePaid.ts'

/** The agent id of whoever comes over plain HTTP: nobody has proven to be anybody. */
const clientAgentId = 'x402-http'

/**
 * The whole exchange about one request that has a price: without a payment it names the price,
 * with one it settles, has the request answered, and stores the answer before a byte of it leaves.
 *
 * @throws what `readResource` throws of a request without a payment, and as `Engine.offerResource`
 */
export async function sellResource(
  incoming: Incoming,
  sale: ResourceSale,
  context: Context,
): Promise<Response> {
  const { request } = incoming
  if (request.method === 'OPTIONS') return answerPreflight(methodsFor(request.headers))
  const where = whereOf(targetOf(incoming))
  const response =
    hasPayment(request.headers) || request.headers.has(proofHeader)
      ? await answerPayment(incoming, sale, where, context)
      : await nameThePrice(incoming, sale, where, context)
  return request.method === 'HEAD' ? new Response(null, response) : response
}

/** A framework may send every method here: a preflight is told that its own will be answered. */
function methodsFor(headers: Headers): string {
  const asked = headers.get('access-control-request-method') ?? ''
  return /^[A-Z]{3,7}$/.test(asked) && asked !== 'OPTIONS' ? `${asked}, OPTIONS` : 'OPTIONS'
}

async function nameThePrice(
  incoming: Incoming,
  { route, delivery }: ResourceSale,
  where: Where,
  context: Context,
): Promise<Response> {
  const named = nameOf(incoming.request.headers)
  const { resource } = await readResource(incoming, limitsOf(context, delivery))
  const asked: ResourceRequest = { route, resource, clientAgentId, ...named, ...callerOf(incoming) }
  const offered = await context.checkout.offerResource(asked)
  return context.offers(offered, where, httpProblemOf('PAYMENT_REQUIRED'))
}

async function answerPayment(
  incoming: Incoming,
  sale: ResourceSale,
  where: Where,
  context: Context,
): Promise<Response> {
  const { checkout, settings } = context
  const dialect = dialectOf(incoming.request.headers)
  let backend: SaleBackend | undefined
  const outcome = await (async () => {
    try {
      const paid = readPaid(incoming.request.headers, settings.limits.maxHeaderBytes)
      const read = await readResource(incoming, limitsOf(context, sale.delivery))
      backend = createSaleBackend(incoming, read, sale)
      const { resource } = read
      const { route } = sale
      if ('txHash' in paid)
        return await checkout.proveResource(
          { ...paid, request: { planId: route.routeId, resource } },
          backend,
        )
      // A payment's own words come first: its client may make a key for every attempt.
      const { challengeId, identifier } = paid
      const named = (challengeId ?? identifier) === undefined && nameOf(incoming.request.headers)
      const by = callerOf(incoming)
      const request: ResourceRequest = { route, resource, clientAgentId, ...named, ...by }
      return await checkout.payResource(paid, request, backend)
    } catch (error) {
      return checkout.refuse(error)
    }
  })()
  if (outcome.kind === 'refused') {
    backend?.abandon()
    return writeRefusal(outcome, { url: where, dialect }, context)
  }
  const { response, replayed } = outcome.delivered
  const settlement = settlementHeader(outcome.settlement, dialect)
  if (response.body !== undefined || replayed) {
    backend?.abandon()
    return writePaid(response, fromBase64(response.body ?? ''), settlement)
  }
  const stream = backend?.takeStream()
  invariant(stream, 'a stream that was delivered just now is at hand')
  return writePaid(response, stream, settlement)
}

/** Who asks, as an engine is told. */
export function callerOf({ caller }: Incoming): Pick<ResourceRequest, 'caller'> {
  const known = caller === undefined ? undefined : toCaller(caller)
  return known === undefined ? {} : { caller: known }
}

/** What its client calls the request. @throws as `readIdempotencyKey` */
function nameOf(headers: Headers): Pick<ResourceRequest, 'requestId'> {
  const requestId = readIdempotencyKey(headers)
  return requestId === undefined ? {} : { requestId }
}

/** What a request was paid with: what its buyer signed, or a transfer that it made itself. */
function readPaid(headers: Headers, maxBytes: number): Payment | PresentedTransfer {
  const proof = headers.get(proofHeader)
  if (proof === null) return readPaymentHeader(headers, maxBytes)
  if (!hasPayment(headers)) return readProofHeader(proof)
  const facts = { expected: `${proofHeader}, or a payment, and not both` }
  throw new Key0Error('PAYMENT_MALFORMED', { facts })
}

function createSaleBackend(
  { request }: Incoming,
  { resource, body }: ReadResource,
  { fetchResource, delivery }: ResourceSale,
): SaleBackend {
  const { method, path, query } = resource
  const headers = toBackendHeaders(request.headers)
  const asked = { method, path, query, headers, ...(body && { body }) }
  return createBackend(asked, fetchResource, { ...defaultDelivery, ...delivery })
}

/**
 * Two buyers may count alike: what makes an attempt a repeat to the server is our key alone. And
 * what is sold is whole, whatever part of it a client asks for or has.
 */
const keptBack = [idempotencyKeyHeader, ...conditions]

function toBackendHeaders(headers: Headers): Headers {
  if (!keptBack.some((name) => headers.has(name))) return headers
  const rest = new Headers(headers)
  for (const name of keptBack) rest.delete(name)
  return rest
}

/** What an offer repeats has to fit into its header. */
function limitsOf(
  { settings }: Context,
  delivery: ResourceSale['delivery'],
): Parameters<typeof readResource>[1] {
  const { maxRequestBytes } = { ...defaultDelivery, ...delivery }
  return { maxRequestBytes, maxTargetLength: settings.limits.maxQueryLength }
}

export function whereOf(target: string): Where {
  const mark = target.indexOf('?')
  if (mark < 0) return { pathname: target, search: '' }
  return { pathname: target.slice(0, mark), search: target.slice(mark) }
}
