import { createListener, type Key0Source, openKey0 } from '@key0/middleware-kit'
import type { SellerConfig } from '@key0/sdk'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'

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
 */
export const key0Plugin: FastifyPluginAsync<Key0PluginOptions> = Object.assign(register, {
  // Key0's paths are the whole app's, also where it has no route of its own.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'key0Plugin',
})

async function register(app: FastifyInstance, options: Key0PluginOptions): Promise<void> {
  const { handler, close } = await openKey0('key0' in options ? options.key0 : options)
  const listener = createListener(handler)
  const prefix = options.prefix ?? ''
  app.addHook('onClose', async () => close())
  app.addHook('onRequest', async ({ raw }, reply) => {
    const { url = '/' } = raw
    if (!url.startsWith(prefix)) return
    raw.url = url.slice(prefix.length)
    if (listener.matches(raw)) {
      reply.hijack()
      // What hooks before this one have set, such as the headers of a security plugin.
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      await listener.answer(raw, reply.raw)
    } else raw.url = url
  })
}
