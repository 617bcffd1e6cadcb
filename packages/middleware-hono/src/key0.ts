import { type Key0Source, openKey0 } from '@key0/middleware-kit'
import { Hono, type MiddlewareHandler } from 'hono'

/**
 * Answers Key0's paths beside an app's own routes; every other path goes on to the app. Put it
 * first: a body that an earlier middleware has read from `c.req.raw` cannot be read again.
 *
 * @example
 * const app = new Hono().use(key0(await createKey0(config)))
 */
export function key0(source: Key0Source): MiddlewareHandler & Pick<Key0App, 'ready' | 'close'> {
  const opening = openKey0(source)
  const handle: MiddlewareHandler = async (context, next) => {
    const { handler } = await opening
    return handler.matches(context.req.raw) ? handler(context.req.raw) : next()
  }
  return Object.assign(handle, {
    ready: opening.then(() => {}),
    close: async () => (await opening).close(),
  })
}

export type Key0App = Hono & {
  /** Resolves once it answers. Await it before you listen; a gateway that cannot start rejects it. */
  readonly ready: Promise<void>
  /** Stops what it started; a `Key0` that was handed over stays yours. */
  readonly close: () => Promise<void>
}

/**
 * Key0's paths as an app, to serve alone or to mount with `app.route('/', key0App(...))`.
 *
 * @example
 * const app = key0App({ agentName, agentUrl, walletAddress, network, plans, store, ... })
 * await app.ready
 * serve({ fetch: app.fetch, port: 3000 })
 */
export function key0App(source: Key0Source): Key0App {
  const middleware = key0(source)
  const { ready, close } = middleware
  return Object.assign(new Hono().use(middleware), { ready, close })
}
