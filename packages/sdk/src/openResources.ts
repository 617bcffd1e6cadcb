import { Key0Error } from '@key0/core'
import { proxyTo } from '@key0/delivery'
import type { Resources } from '@key0/http'
import type { SellerConfig } from './SellerConfig.ts'

/** What answers routes, and how to let go of it. */
export type OpenResources = {
  readonly resources?: Resources
  readonly close: () => Promise<void>
}

/** @throws CONFIG_INVALID for two answers to one request, or an answer to none */
export function openResources(config: SellerConfig): OpenResources {
  const { fetchResource, proxyTo: proxied, routes = [], delivery } = config
  if (!fetchResource && !proxied) return { close: async () => {} }
  if (fetchResource && proxied) throw invalid('proxyTo', 'must not stand beside fetchResource')
  if (routes.length === 0) throw invalid('routes', 'must be given: nothing else is passed on')
  if (fetchResource)
    return { resources: { fetchResource, ...(delivery && { delivery }) }, close: async () => {} }
  const { timeoutMs } = proxied ?? {}
  const proxy = proxyTo({ ...proxied, baseUrl: proxied?.baseUrl ?? '' })
  const limits = { ...(timeoutMs !== undefined && { timeoutMs }), ...delivery }
  return { resources: { fetchResource: proxy, delivery: limits }, close: () => proxy.close() }
}

function invalid(name: keyof SellerConfig, expected: string): Key0Error {
  return new Key0Error('CONFIG_INVALID', { facts: { [name]: expected } })
}
