import { type BackendFor, type BoundResource, createCheckout, type Seller } from '@key0/checkout'
import type { Served, ServeRequest } from '@key0/core'
import { createTestContext, fakeAccounts, signAuthorization } from '@key0/core/testing'
import type { SeenTask } from '@key0/test-clients'
import type { PaymentPayload, PaymentRequired } from '@key0/x402'
import { type A2aEvent, type A2aHandler, createA2aHandler } from '../src/exports/index.ts'

/** Where the shop says that it is. */
export const url = 'https://pay.example'

/** The offer in a task. */
export function offerOf({ metadata }: Pick<SeenTask, 'metadata'>): PaymentRequired {
  const required = metadata['x402.payment.required']
  if (!required) throw new Error('the task makes no offer')
  return required as PaymentRequired
}

/** What a message that pays says. */
export function paying(payload: unknown): Readonly<Record<string, unknown>> {
  return { 'x402.payment.status': 'payment-submitted', 'x402.payment.payload': payload }
}

/** A handler as a client's `fetch`. */
export function through(handler: A2aHandler): typeof fetch {
  return (input, init) => handler(new Request(input, init))
}

export type Shop = ReturnType<typeof createTestContext> & {
  readonly handler: A2aHandler
  readonly failures: A2aEvent[]
  readonly seller: Seller
}

type Options = NonNullable<Parameters<typeof createTestContext>[0]>

/** A shop on the real engine, over a stand-in chain. */
export function openShop(options: Options = {}): Shop {
  const world = createTestContext(options)
  const failures: A2aEvent[] = []
  return { ...world, failures, seller: sellerOf(world), handler: serve(world, failures) }
}

export type RouteShop = Shop & {
  /** What the backend was asked, once it was paid. */
  readonly served: (ServeRequest & Pick<BoundResource, 'body' | 'contentType'>)[]
  readonly backendFor: BackendFor
  /** What the backend answers. */
  answer: () => Promise<Served>
}

/** The same shop, where somebody answers its routes: `GET /photos/:id` and `POST /prints`. */
export function openRouteShop(options: Options = {}): RouteShop {
  const world = createTestContext(options)
  const failures: A2aEvent[] = []
  const served: RouteShop['served'] = []
  const backendFor: BackendFor = ({ body, contentType }) => ({
    worstCaseMs: 1_000,
    serve(request) {
      served.push({ ...request, ...(body && { body }), ...(contentType && { contentType }) })
      return shop.answer()
    },
  })
  const handler = serve(world, failures, backendFor)
  const shop: RouteShop = {
    ...{ ...world, failures, seller: sellerOf(world), handler, served, backendFor },
    answer: async () => answerWith('{"photo":1}', 'application/json'),
  }
  return shop
}

/** A good answer of a backend. */
export function answerWith(body: string | Uint8Array, contentType: string): Served {
  const headers = [['content-type', contentType]] as const
  return {
    kind: 'answered',
    response: { status: 200, headers, body: Buffer.from(body).toString('base64') },
  }
}

/** Another gateway of the same deployment, which shares nothing with the first but the store. */
export function serve(
  world: Pick<Shop, 'engine' | 'ctx'>,
  failures: A2aEvent[] = [],
  backendFor?: BackendFor,
): A2aHandler {
  return createA2aHandler({
    ...(backendFor && { backendFor }),
    checkout: createCheckout({ engine: world.engine, seller: sellerOf(world) }),
    provider: { organization: 'Reports Ltd', url: 'https://reports.example' },
    observe: (event) => void failures.push(event),
  })
}

function sellerOf({ ctx }: Pick<Shop, 'ctx'>): Seller {
  const { chainId, payTo, token } = ctx.settings
  return {
    name: 'Reports',
    description: 'Daily reports',
    publicUrl: 'https://pay.example/',
    ...{ chainId, payTo },
    token: { address: token, symbol: 'USDC', decimals: 6, name: 'USDC', version: '2' },
  }
}

let nonces = 0

/** What a buyer makes of an offer, with a nonce of its own. */
export function sign(
  { ctx }: Pick<Shop, 'ctx'>,
  offer: PaymentRequired,
  from: (typeof fakeAccounts)['buyer'] = fakeAccounts.buyer,
): PaymentPayload {
  const [accepted] = offer.accepts
  if (!accepted) throw new Error('no offer')
  nonces += 1
  const seconds = BigInt(Math.floor(ctx.clock.nowMs() / 1000))
  const { signature, ...message } = signAuthorization(accepted.asset, {
    ...{ from, to: accepted.payTo, value: BigInt(accepted.amount), validAfter: 0n },
    validBefore: seconds + BigInt(accepted.maxTimeoutSeconds),
    nonce: `0x${nonces.toString(16).padStart(64, '0')}`,
  })
  const authorization = {
    ...message,
    value: `${message.value}`,
    validAfter: `${message.validAfter}`,
    validBefore: `${message.validBefore}`,
  }
  return {
    x402Version: 2,
    resource: offer.resource,
    accepted,
    payload: { signature, authorization },
  }
}
