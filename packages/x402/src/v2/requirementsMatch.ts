import { formatPath } from '../json/formatPath.ts'
import type { PaymentRequirements } from './PaymentRequirements.ts'

const coreFields = ['scheme', 'network', 'amount', 'maxTimeoutSeconds'] as const
const addressFields = ['asset', 'payTo'] as const

/**
 * Compares what a buyer says it accepted with what was offered (x402 v2 section 6, as the
 * reference server applies it): the core fields must be equal, and `accepted.extra` must contain
 * everything in `offered.extra`, however much it adds.
 *
 * `asset` and `payTo` are compared without regard to case, because there the case is only a
 * checksum (EIP-55) and clients normalise it. Everything in `extra` is compared exactly, since
 * the case of a domain name or of an id carries meaning.
 *
 * @returns JSON paths of the differing fields, such as `$.amount` or `$.extra.name`, in a fixed
 * order; empty when the two match.
 */
export function requirementsMatch(
  offered: PaymentRequirements,
  accepted: PaymentRequirements,
): readonly string[] {
  const core = coreFields.filter((field) => offered[field] !== accepted[field])
  const addresses = addressFields.filter(
    (field) => offered[field].toLowerCase() !== accepted[field].toLowerCase(),
  )
  const extra = offered.extra === undefined ? [] : missing(offered.extra, accepted.extra, ['extra'])
  return [...[...core, ...addresses].map((field) => formatPath([field])), ...extra]
}

/** Paths at which `actual` lacks something of `wanted`: objects may add keys, lists may not. */
function missing(wanted: unknown, actual: unknown, path: readonly PropertyKey[]): string[] {
  if (Array.isArray(wanted)) {
    const sameLength = Array.isArray(actual) && actual.length === wanted.length
    const same = sameLength && wanted.every((item, at) => equal(item, actual[at]))
    return same ? [] : [formatPath(path)]
  }
  if (!isObject(wanted)) return wanted === actual ? [] : [formatPath(path)]
  if (!isObject(actual)) return [formatPath(path)]
  return Object.entries(wanted)
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => missing(value, own(actual, key), [...path, key]))
}

/** Equal as JSON: nothing missing on either side. */
const equal = (a: unknown, b: unknown): boolean =>
  missing(a, b, []).length === 0 && missing(b, a, []).length === 0

const own = (object: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
