import { digestOf, malformed, readBytes, tooLarge } from '@key0/checkout'
import type { Resource } from '@key0/core'
import type { Incoming } from './ResourceSale.ts'

/** A request as it is bound to its payment, with the bytes of its body. */
export type ReadResource = { readonly resource: Resource; readonly body: Uint8Array | undefined }

/**
 * Reads what a payment is bound to. Nothing may be paid before all of it is here.
 *
 * @throws REQUEST_MALFORMED for a target too long for the header in which an offer repeats it;
 * BODY_TOO_LARGE.
 */
export async function readResource(
  incoming: Incoming,
  limits: { readonly maxRequestBytes: number; readonly maxTargetLength: number },
): Promise<ReadResource> {
  const { request } = incoming
  const target = targetOf(incoming)
  if (target.length > limits.maxTargetLength)
    throw malformed('target', `at most ${limits.maxTargetLength} characters in path and query`)
  const mark = target.indexOf('?')
  const parts = {
    method: request.method,
    path: mark < 0 ? target : target.slice(0, mark),
    query: mark < 0 ? '' : target.slice(mark + 1),
  }
  const { maxRequestBytes } = limits
  const body = incoming.body ?? (await readBytes(request, maxRequestBytes))
  if (body.length > maxRequestBytes) throw tooLarge(maxRequestBytes)
  if (body.length === 0) return { resource: parts, body: undefined }
  return { resource: { ...parts, bodyDigest: await digestOf(body) }, body }
}

/** The target as it stood on the wire, or as the `Request` has kept it. */
export function targetOf({ request, target }: Incoming): string {
  if (target !== undefined) return target
  const { pathname, search } = new URL(request.url)
  return pathname + search
}
