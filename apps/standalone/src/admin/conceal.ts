import { digestId, toJson } from '@key0/app-kit'

/** Whoever knows one of them, and finds the payment on the chain, could ask for what was bought. */
const capabilities: ReadonlySet<string> = new Set(['challengeId', 'requestId'])

/** What a buyer asked besides a path: secrets of its own, and a digest tells a short text. */
const dropped: ReadonlySet<string> = new Set(['query', 'bodyDigest'])

/**
 * JSON in which ids are named as in log lines, by a digest, and what a buyer asked is left out: what
 * goes over a network ends in histories and logs of others. Texts that repeat an id of the object
 * they are in, such as why its money is held, do not hold it either.
 */
export function conceal(data: unknown): string {
  const json: unknown = JSON.parse(toJson(data))
  return JSON.stringify(rewrite(json, new Set()), null, 2)
}

function rewrite(value: unknown, around: ReadonlySet<string>): unknown {
  if (typeof value === 'string')
    return [...around].reduce((text, id) => text.replaceAll(id, digestId(id)), value)
  if (Array.isArray(value)) return value.map((each) => rewrite(each, around))
  if (typeof value !== 'object' || value === null) return value
  const ids = new Set([...around, ...listIds(value)])
  const kept = Object.entries(value).filter(([name]) => !dropped.has(name))
  return Object.fromEntries(kept.map(([name, each]) => [name, rewrite(each, ids)]))
}

/** Of an object and what it holds. Each element of a list is of its own. */
function listIds(value: object): readonly string[] {
  if (Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, each]) => {
    if (typeof each === 'string') return capabilities.has(name) ? [each] : []
    return typeof each === 'object' && each !== null ? listIds(each) : []
  })
}
