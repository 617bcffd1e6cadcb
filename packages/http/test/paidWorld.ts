import type { ReceiptOptions } from '@key0/checkout'
import type { FetchResource, RouteRequest } from '@key0/core'
import { createTestContext, fakeAccounts, signAuthorization } from '@key0/core/testing'
import { encodePaymentHeader, type PaymentPayload } from '@key0/x402'
import {
  createHttpHandler,
  type DeliveryLimits,
  type HttpHandler,
  type Limits,
} from '../src/exports/index.ts'
import { origin, readOffer, signFor } from './buy.ts'
import { seller } from './fakeEngine.ts'

/** A shop of single requests over the fake chain, and everything its backend was asked. */
export type PaidWorld = ReturnType<typeof createTestContext> & {
  readonly handler: HttpHandler
  readonly asked: RouteRequest[]
  /** What the backend answers with. */
  answer: FetchResource
  /** Sends a request as it stands on the wire. */
  readonly send: (target: string, init?: RequestInit) => Promise<Response>
  /** Signs what a 402 offers, as a client would: the header of a payment. */
  readonly sign: (offered: Response) => Promise<string>
  /** Asks for the price and pays; again with the same payment when it is given. */
  readonly buy: (target: string, init?: RequestInit, payment?: string) => Promise<Bought>
}

export type Bought = { readonly response: Response; readonly payment: string }

export function openPaidWorld(
  delivery: Partial<DeliveryLimits> = {},
  receipts?: ReceiptOptions,
  limits: Partial<Limits> = {},
): PaidWorld {
  const context = createTestContext()
  const { chainId, payTo, token } = context.ctx.settings
  const ours = { ...seller, chainId, payTo, token: { ...seller.token, address: token } }
  const asked: RouteRequest[] = []
  const handler = createHttpHandler({
    engine: context.engine,
    seller: ours,
    limits,
    ...(receipts && { receipts }),
    resources: {
      delivery,
      fetchResource: async (request) => {
        asked.push(request)
        return world.answer(request)
      },
    },
  })
  const send = (target: string, init: RequestInit = {}): Promise<Response> =>
    handler.receive({
      request: new Request(target === '/x402/access' ? origin + target : `${origin}/`, init),
      target,
    })
  const world: PaidWorld = {
    ...context,
    ...{ handler, asked, send, sign: (offered) => pay(world, offered) },
    answer: async () => new Response('the photo'),
    async buy(target, init = {}, known) {
      const payment = known ?? (await pay(world, await send(target, init)))
      const headers = new Headers(init.headers)
      headers.set('payment-signature', payment)
      return { response: await send(target, { ...init, headers }), payment }
    },
  }
  return world
}

let nonces = 0

async function pay({ ctx }: PaidWorld, offered: Response): Promise<string> {
  if (offered.status !== 402) throw new Error(`no offer but ${offered.status}`)
  const unsigned: PaymentPayload = signFor(readOffer(offered))
  const { accepted } = unsigned
  nonces += 1
  const validBefore =
    BigInt(Math.floor(ctx.clock.nowMs() / 1000)) + BigInt(accepted.maxTimeoutSeconds)
  const { signature, ...message } = signAuthorization(accepted.asset, {
    ...{ from: fakeAccounts.buyer, to: accepted.payTo, value: BigInt(accepted.amount) },
    ...{ validAfter: 0n, validBefore, nonce: `0x${nonces.toString(16).padStart(64, '0')}` },
  })
  const { value, validAfter } = message
  const texts = {
    ...{ value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` },
  }
  return encodePaymentHeader({
    ...unsigned,
    payload: { signature, authorization: { ...message, ...texts } },
  })
}
