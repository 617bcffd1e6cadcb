import { createListener, type Key0Source, openKey0 } from '@key0/middleware-kit'
import type { RequestHandler } from 'express'

export type Key0Router = RequestHandler & {
  /** Resolves once it answers. Await it before you listen; a gateway that cannot start rejects it. */
  readonly ready: Promise<void>
  /** Stops what it started; a `Key0` that was handed over stays yours. */
  readonly close: () => Promise<void>
}

/**
 * Answers Key0's paths beside an app's own routes; every other path goes on to the app. Mount it
 * before or after a body parser, at the root or under a path that `agentUrl` names too.
 *
 * @example
 * const router = key0Router({ agentName, agentUrl, walletAddress, network, plans, store, ... })
 * await router.ready
 * express().use(router).listen(3000)
 */
export function key0Router(source: Key0Source): Key0Router {
  const opening = openKey0(source)
  const listening = opening.then(({ handler }) => createListener(handler))
  const handle: RequestHandler = (request, response, next) => {
    listening
      .then((listener) => (listener.matches(request) ? listener.answer(request, response) : next()))
      .catch(next)
  }
  return Object.assign(handle, {
    ready: listening.then(() => {}),
    close: async () => (await opening).close(),
  })
}
