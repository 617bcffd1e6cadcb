import { malformed } from '../request/readBody.ts'

/**
 * A single request put into JSON, by whoever cannot make it at its own address. `path` may hold a
 * query.
 */
export type AskedResource = {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly contentType?: string
}

/** It becomes a header: what is none would only be found out once somebody has paid. */
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?:[ \t]*;[\x20-\x7e]{0,255})?$/

/**
 * Reads a request that was put into JSON; without a method it is a `GET`. Other keys are dropped.
 *
 * @param field Where it stands, as a refusal names it.
 * @throws REQUEST_MALFORMED
 */
export function readAskedResource(value: unknown, field: string): AskedResource {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(field, 'an object with method and path')
  const of = value as Readonly<Record<string, unknown>>
  const text = (name: string): string | undefined => {
    const part = Object.hasOwn(of, name) ? of[name] : undefined
    if (part === undefined || part === null) return undefined
    if (typeof part !== 'string') throw malformed(`${field}.${name}`, 'text')
    return part
  }
  const [path, content, contentType] = [text('path'), text('body'), text('contentType')]
  if (contentType !== undefined && !MEDIA_TYPE.test(contentType))
    throw malformed(`${field}.contentType`, 'a media type, such as application/json')
  if (path === undefined) throw malformed(`${field}.path`, 'a path, with its query if it has one')
  return {
    method: text('method') ?? 'GET',
    path,
    ...(content !== undefined && { body: content }),
    ...(contentType !== undefined && { contentType }),
  }
}
