import { LawBroken } from '../store/assert.ts'
import type { Json, Source } from './Exchange.ts'
import type { Answer } from './sendRequest.ts'

/** What steps have kept for later ones. */
export type Kept = Map<string, unknown>

/** Replaces every `{{name}}` by what was kept under it; alone in its text, with its type. */
export function fill<value extends Json>(value: value, kept: Kept): value {
  return filled(value, kept) as value
}

function filled(value: Json, kept: Kept): unknown {
  if (typeof value === 'string') {
    const alone = /^\{\{(\w+)\}\}$/.exec(value)?.[1]
    if (alone !== undefined) return recall(alone, kept)
    return value.replace(/\{\{(\w+)\}\}/g, (_, name: string) => `${recall(name, kept)}`)
  }
  if (Array.isArray(value)) return value.map((each: Json) => filled(each, kept))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, kept)]))
}

export function recall(name: string, kept: Kept): unknown {
  if (!kept.has(name)) throw new Error(`No step before this one keeps "${name}".`)
  return kept.get(name)
}

/** Finds a part of an answer. @throws LawBroken when it is not there. */
export function read(answer: Answer, source: Source): unknown {
  if ('header' in source) return present(answer.headers[source.header], source.header)
  if ('decoded' in source) return decode(present(answer.headers[source.decoded], source.decoded))
  const keys = source.body.split('.').slice(1)
  const found = keys.reduce<unknown>(
    (at, key) => (at as Record<string, unknown> | undefined)?.[key],
    parse(answer.text),
  )
  return present(found, source.body)
}

export function decode(header: string): unknown {
  return parse(Buffer.from(header, 'base64').toString('utf8'))
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new LawBroken(`expected JSON, saw ${text.slice(0, 200)}`)
  }
}

function present<value>(value: value | undefined, what: string): value {
  if (value === undefined) throw new LawBroken(`the answer has no ${what}`)
  return value
}
