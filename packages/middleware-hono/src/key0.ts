import type { HttpHandler } from '@key0/http'
import type { MiddlewareHandler } from 'hono'

/**
 * Answers Key0's paths beside an app's own routes; every other path goes on to the app. Put it
 * first: a body that an earlier middleware has read cannot be read again.
 *
 * @example
 * const app = new Hono().use(key0(createHttpHandler(options)))
 */
export function key0(handler: HttpHandler): MiddlewareHandler {
  return async (context, next) =>
    handler.matches(context.req.raw) ? handler(context.req.raw) : next()
}
