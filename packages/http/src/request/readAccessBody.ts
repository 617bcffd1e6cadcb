import { malformed, readBody } from '@key0/checkout'

/** What a body may say. Ids are only checked to be text here: what an id is, the engine says. */
export type AccessBody = {
  readonly planId?: string
  readonly requestId?: string
  readonly resourceId?: string
  /** A single request that is to be bought, by whoever cannot make it at its own address. */
  readonly resource?: AskedResource
}

/** A request in JSON. `path` may hold a query. */
export type AskedResource = {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly contentType?: string
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
  if (typeof value !== 'object' || Array.isArray(value))
    throw malformed('$.resource', 'an object with method and path')
  const of = value as Readonly<Record<string, unknown>>
  const text = (name: string): string | undefined => {
    const part = Object.hasOwn(of, name) ? of[name] : undefined
    if (part === undefined || part === null) return undefined
    if (typeof part !== 'string') throw malformed(`$.resource.${name}`, 'text')
    return part
  }
  const [path, content, contentType] = [text('path'), text('body'), text('contentType')]
  if (path === undefined) throw malformed('$.resource.path', 'a path, with its query if it has one')
  return {
    resource: {
      method: text('method') ?? 'GET',
      path,
      ...(content !== undefined && { body: content }),
      ...(contentType !== undefined && { contentType }),
    },
  }
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
