import { createA2aHandler } from '@key0/a2a'
import { type CheckoutOptions, createCheckout } from '@key0/checkout'
import type { EngineEvent } from '@key0/core'
import { createHttpHandler, type HttpHandler } from '@key0/http'
import type { SellerConfig } from './SellerConfig.ts'

/** A protocol by which the same plans are sold. */
type Surface = Pick<HttpHandler, 'matches'> & ((request: Request) => Promise<Response>)

/**
 * Everything this gateway serves, as one handler. A request is answered by the first protocol that
 * takes it: A2A comes before plain HTTP, whose payment path it shares.
 *
 * @throws CONFIG_INVALID when one of them refuses what is configured.
 */
export function createHandler(
  config: SellerConfig,
  options: CheckoutOptions,
  observe: (event: EngineEvent) => void,
): HttpHandler {
  const report = ({ cause, code, path }: Parameters<NonNullable<Observe>>[0]): void =>
    observe({ name: 'alert', what: `${code} at ${path}`, cause })
  const http = createHttpHandler({
    ...options,
    ...(config.discovery && { discovery: config.discovery }),
    observe: report,
  })
  const surfaces: readonly Surface[] = [...createA2a(config, options, report), http]
  const handle = async (request: Request): Promise<Response> => {
    const surface = surfaces.find(({ matches }) => matches(request)) ?? http
    return surface(request)
  }
  return Object.assign(handle, {
    matches: (request: Pick<Request, 'url'>) => surfaces.some(({ matches }) => matches(request)),
    warnings: http.warnings,
  })
}

type Observe = Parameters<typeof createA2aHandler>[0]['observe']

function createA2a(
  { a2a, providerName, providerUrl }: SellerConfig,
  options: CheckoutOptions,
  observe: NonNullable<Observe>,
): readonly Surface[] {
  if (a2a === false) return []
  const provider =
    providerName === undefined || providerUrl === undefined
      ? {}
      : { provider: { organization: providerName, url: providerUrl } }
  return [createA2aHandler({ checkout: createCheckout(options), ...a2a, ...provider, observe })]
}
