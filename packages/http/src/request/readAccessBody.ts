import { type AskedResource, malformed, readAskedResource, readBody } from '@key0/checkout'

/** What a body may say. Ids are only checked to be text here: what an id is, the engine says. */
export type AccessBody = {
  readonly planId?: string
  readonly requestId?: string
  readonly resourceId?: string
  /** A single request that is to be bought, by whoever cannot make it at its own address. */
  readonly resource?: AskedResource
}

/**
 * Reads `{ planId, requestId?, resourceId? }`, or `{ resource, requestId? }`. Other keys are dropped, `clientAgentId` among them:
 * an unproven name must not choose the scope in which request ids are unique.
 *
 * @throws as `readBody`, and REQUEST_MALFORMED for a field that is not text.
 */
export async function readAccessBody(request: Request, maxBytes: number): Promise<AccessBody> {
  const body = await readBody(request, maxBytes)
  return {
    ...pick(body, 'planId'),
    ...pick(body, 'requestId'),
    ...pick(body, 'resourceId'),
    ...pickResource(body),
  }
}

function pickResource(body: Readonly<Record<string, unknown>>): Pick<AccessBody, 'resource'> {
  const value = Object.hasOwn(body, 'resource') ? body.resource : undefined
  if (value === undefined || value === null) return {}
  return { resource: readAskedResource(value, '$.resource') }
}

type Name = 'planId' | 'requestId' | 'resourceId'

function pick<name extends Name>(
  body: Readonly<Record<string, unknown>>,
  name: name,
): { readonly [key in name]?: string } {
  const value = Object.hasOwn(body, name) ? body[name] : undefined
  if (value === undefined || value === null) return {}
  if (typeof value !== 'string') throw malformed(`$.${name}`, 'text')
  return { [name]: value } as { readonly [key in name]?: string }
}
