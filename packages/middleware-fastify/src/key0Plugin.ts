import {
  createListener,
  type GateShop,
  type Key0Payment,
  type Key0Source,
  openGate,
  openShop,
  type PaidRoute,
  type RouteGate,
  readPrefix,
  serveRoute,
} from '@key0/middleware-kit'
import type { RequirePaymentOptions, SellerConfig } from '@key0/sdk'
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler,
} from 'fastify'

declare module 'fastify' {
  interface FastifyInstance {
    key0: {
      /**
       * An `onRequest` hook for a route whose requests are sold. What its handler answers is stored
       * before it leaves; anything but a 2xx goes back as money.
       */
      readonly payPerRequest: (route: string | PaidRoute) => onRequestHookHandler
    }
  }
  interface FastifyRequest {
    /** What this request was paid with; set by `payPerRequest`. */
    key0Payment?: Key0Payment
  }
}

/** A seller's configuration, or a gateway that runs already. */
export type Key0PluginOptions = (SellerConfig | { readonly key0: Key0Source }) & {
  /** The path under which Key0's own paths lie; `agentUrl` names it too. */
  readonly prefix?: string
}

/**
 * Answers Key0's paths beside an app's own routes; every other path goes on to the app. It answers
 * before Fastify reads a body, so no content type parser is asked.
 *
 * @example
 * await app.register(key0Plugin, { agentName, agentUrl, walletAddress, network, plans, store, ... })
 * const onRequest = app.key0.payPerRequest({ routeId: 'photo', unitAmount: '$0.01' })
 * app.get('/photos/:id', { onRequest }, sendPhoto)
 */
export const key0Plugin: FastifyPluginAsync<Key0PluginOptions> = Object.assign(register, {
  // Key0's paths are the whole app's, also where it has no route of its own.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'key0Plugin',
})

async function register(app: FastifyInstance, options: Key0PluginOptions): Promise<void> {
  const shop = openShop('key0' in options ? options.key0 : options)
  const under = readPrefix(options.prefix)
  const { handler } = await shop.opening
  const listener = createListener(handler)
  app.decorate('key0', { payPerRequest: (route) => sellThrough(shop.gate(route)) })
  app.addHook('onReady', shop.ready)
  app.addHook('onClose', shop.close)
  app.addHook('onRequest', async (request, reply) => {
    const raw = rawOf(request)
    const { url = '/' } = raw
    const rest = under(url)
    if (rest === undefined) return
    raw.url = rest
    if (listener.matches(raw)) await listener.answer(raw, takeOver(reply))
    else raw.url = url
  })
}

/**
 * An `onRequest` hook that sells what is behind it, without a plugin. The gate needs no private key,
 * and keeps in memory what it is given no place for.
 *
 * @throws CONFIG_INVALID now for what can be seen at once; all else fails `ready()`
 */
export function requirePayment(
  options: RequirePaymentOptions,
): onRequestHookHandler & Pick<GateShop, 'ready' | 'close'> {
  const { gate, ready, close } = openGate(options)
  return Object.assign(sellThrough(gate), { ready, close })
}

function sellThrough(gate: RouteGate): onRequestHookHandler {
  return (request, reply, done) => {
    const { raw: response } = reply
    // After the parsers, as a `preHandler`, what they have made of the body is Fastify's alone.
    if (request.body !== undefined) Object.assign(request.raw, { body: request.body })
    const run = (payment: Key0Payment): void => {
      request.key0Payment = payment
      done()
    }
    const raw = rawOf(request)
    const target = raw.url ?? '/'
    const route = { request: raw, response, target, run, takeOver: () => takeOver(reply) }
    serveRoute(gate, route).catch(done)
  }
}

/** Node's request, and who asks: behind a proxy only Fastify knows. */
function rawOf({ raw, ip }: FastifyRequest): FastifyRequest['raw'] {
  return Object.assign(raw, { ip })
}

/** Answers outside of Fastify, with the headers that hooks before have set. */
function takeOver(reply: FastifyReply): FastifyReply['raw'] {
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value)
  return reply.raw
}
