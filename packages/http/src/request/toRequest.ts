import type { Incoming } from '../resource/ResourceSale.ts'

/** The request itself, with a body that can be read where somebody has read it already. */
export function toRequest({ request, body, signal = request.signal }: Incoming): Request {
  if (!body || request.method === 'GET' || request.method === 'HEAD') return request
  const { url, method, headers } = request
  return new Request(url, { method, headers, body: body.slice(), signal })
}
