import { isPriced, Key0Error, type RouteTerms } from '@key0/core'
import type { HttpHandler } from '@key0/http'
import { createKey0, type Key0, type SellerConfig } from '@key0/sdk'

/**
 * What a framework can be given: a seller's configuration, a `Key0` that was made of one (also
 * while it is still starting), or the handler of one.
 */
export type Key0Source = SellerConfig | Running | Promise<Running>

type Running = HttpHandler | Pick<Key0, 'handler' | 'engine'>

/** A gateway in this process, ready to answer. */
export type Opened = {
  readonly handler: HttpHandler
  /** A priced route of the catalog by its id. @throws CONFIG_INVALID when there is none */
  readonly findRoute: (routeId: string) => RouteTerms
  /** Tells the seller what a reader of the logs should know. */
  readonly warn: (sentences: readonly string[]) => void
  /** Stops what was started here; a `Key0` that was handed over stays its owner's. */
  readonly close: () => void
}

const RECOVER_EVERY_MS = 2_000

/**
 * Waits for a gateway, and starts one where only a configuration is given. What is started here is
 * also kept going: every two seconds it finishes what a crash or an outage left open. What its seller
 * should know is said as warnings of the process.
 *
 * @throws as `createKey0`
 */
export async function openKey0(source: Key0Source): Promise<Opened> {
  const given = await source
  if (typeof given === 'function')
    return { handler: given, findRoute: findIn(undefined), warn, close: nothing }
  if ('handler' in given)
    return { handler: given.handler, findRoute: findIn(given.engine), warn, close: nothing }
  const key0 = await createKey0(given)
  warn(key0.warnings)
  const stop = keepRecovering(key0, (cause) =>
    given.observe?.({ name: 'alert', what: 'a recovery pass failed', cause }),
  )
  return {
    handler: key0.handler,
    findRoute: findIn(key0.engine),
    warn,
    close() {
      stop()
      key0.close()
    },
  }
}

function findIn(engine: Key0['engine'] | undefined): Opened['findRoute'] {
  return (routeId) => {
    const route = engine?.catalog.routes.find((each) => each.routeId === routeId)
    if (route && isPriced(route)) return route
    const facts = { route: `"${routeId}" is no priced route of the catalog` }
    throw new Key0Error('CONFIG_INVALID', { facts })
  }
}

function warn(sentences: readonly string[]): void {
  for (const sentence of sentences) process.emitWarning(sentence, 'Key0Warning')
}

function nothing(): void {
  // It was not started here.
}

/** One pass after the other; none of them keeps the process alive. Answers how to stop. */
function keepRecovering(key0: Key0, onError: (cause: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const pass = async (): Promise<void> => {
    try {
      await key0.recover()
    } catch (cause) {
      onError(cause)
    }
    if (!stopped) timer = setTimeout(pass, RECOVER_EVERY_MS).unref()
  }
  void pass()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
