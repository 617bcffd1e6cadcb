import { invariant } from '../errors/invariant.ts'
import { states } from '../lifecycle/transitions.ts'
import type { ChallengeRecord } from './ChallengeRecord.ts'

/** A record as the strings that stores keep: the hash fields of the specification and ours. */
export type EncodedRecord = Readonly<Record<string, string>>

const dates = new Set([
  'createdAt',
  'expiresAt',
  'updatedAt',
  'paidAt',
  'deliveredAt',
  'refundedAt',
  'nextVisitAt',
  'releasedAt',
])
const objects = new Set([
  'intent',
  'refund',
  'accessGrant',
  'lease',
  'paidBlock',
  'resource',
  'response',
])
const numbers = new Set(['chainId', 'version', 'schemaVersion'])

/** Writes a record as strings. What goes in is checked going in, and again coming out. */
export function encodeRecord(record: ChallengeRecord): EncodedRecord {
  invariant(record.amountRaw > 0n, 'a stored price is positive')
  invariant(record.state !== 'PAID' || record.paymentRef, 'a paid record names its payment')
  const encoded: Record<string, string> = {}
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue
    if (value instanceof Date) encoded[name] = value.toISOString()
    else if (objects.has(name)) encoded[name] = toJson(value)
    else encoded[name] = String(value)
  }
  return encoded
}

/** Reads a record back from strings. */
export function decodeRecord(encoded: EncodedRecord): ChallengeRecord {
  const record: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(encoded)) record[name] = decodeField(name, text)
  const decoded = record as ChallengeRecord
  invariant(decoded.challengeId, 'a stored record names itself')
  invariant(states.includes(decoded.state), 'a stored state is in the table')
  invariant(decoded.amountRaw > 0n, 'a stored price is positive')
  return decoded
}

function decodeField(name: string, text: string): unknown {
  if (dates.has(name)) return new Date(text)
  if (objects.has(name)) return fromJson(text)
  if (numbers.has(name)) return Number(text)
  if (name === 'amountRaw') return BigInt(text)
  if (name === 'paymentFinal') return text === 'true'
  return text
}

/**
 * JSON in which an integer of any size survives as `{"$int":"…"}`. Data of others may use that
 * very name: there it is written as `$$int`, and so on.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'bigint') return { $int: `${inner}` }
    return rename(inner, /^\$+int$/, (name) => `$${name}`)
  })
}

/** Reads what `toJson` wrote. */
function fromJson(text: string): unknown {
  return JSON.parse(text, (_, inner: unknown) => {
    const tagged = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, '$int')
    if (tagged) return BigInt((inner as { readonly $int: string }).$int)
    return rename(inner, /^\$\$+int$/, (name) => name.slice(1))
  })
}

function rename(value: unknown, names: RegExp, to: (name: string) => string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value)
  if (!entries.some(([name]) => names.test(name))) return value
  return Object.fromEntries(
    entries.map(([name, inner]) => [names.test(name) ? to(name) : name, inner]),
  )
}
