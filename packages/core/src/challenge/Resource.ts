import type { Hash } from './hex.ts'

/**
 * The one request over HTTP that a challenge sells. A payment for it buys this request and no
 * other: what is asked with a payment must equal it, to the letter.
 */
export type Resource = {
  /** In capitals, such as `"GET"`. */
  readonly method: string
  /** As it was matched and will be proxied: percent-encoded, without the query. */
  readonly path: string
  /** What follows the question mark, exactly as it came; `""` for none. */
  readonly query: string
  /** SHA-256 of the request's body; absent when it has none. */
  readonly bodyDigest?: Hash
}

const parts = ['method', 'path', 'query', 'bodyDigest'] as const

/** The first part in which two requests differ, if any. */
export function findDifference(
  a: Resource | undefined,
  b: Resource | undefined,
): (typeof parts)[number] | 'resource' | undefined {
  if (a === undefined || b === undefined) return a === b ? undefined : 'resource'
  return parts.find((part) => a[part] !== b[part])
}
