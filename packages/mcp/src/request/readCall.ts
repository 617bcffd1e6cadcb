import { malformed } from '@key0/checkout'
import type { Call } from '../tools/Tool.ts'

type Fields = Readonly<Record<string, unknown>>

/** Reads the parameters of `tools/call`. @throws REQUEST_MALFORMED naming the field. */
export function readCall(
  params: unknown,
  headers: Call['headers'],
): Call & { readonly name: string } {
  const { name, arguments: args, _meta: meta } = fields(params, '$')
  if (typeof name !== 'string') throw malformed('$.name', 'the name of a tool')
  return { name, args: fields(args, '$.arguments'), meta: fields(meta, '$._meta'), headers }
}

function fields(value: unknown, path: string): Fields {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed(path, 'an object')
  return value as Fields
}
