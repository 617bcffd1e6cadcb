import {
  type AuditEntry,
  type ChallengeBase,
  type ChallengeFields,
  type ChallengeRecord,
  Key0Error,
  type Outcome,
} from '@key0/core'
import { decodeRecord, type EncodedRecord, encodeRecord } from '@key0/core/local'

/** An outcome as the database's functions write it. */
export type EncodedOutcome =
  | { readonly kind: 'applied' | 'replayed' | 'lost'; readonly record: EncodedRecord }
  | { readonly kind: 'foreign'; readonly owner: string }
  | { readonly kind: 'absent' }

export function decodeOutcome(outcome: EncodedOutcome): Outcome {
  return 'record' in outcome ? { ...outcome, record: decodeRecord(outcome.record) } : outcome
}

export type EncodedEntry = Omit<AuditEntry, 'at' | 'reason'> & {
  readonly at: string
  readonly reason: string | null
}

export function decodeEntry({ at, reason, ...entry }: EncodedEntry): AuditEntry {
  return { ...entry, at: new Date(at), ...(reason !== null && { reason }) }
}

/** What two ids in one index entry may take up, in bytes of UTF-8. */
const INDEXED_BYTES = 2_000

/**
 * A new challenge as JSON of texts.
 *
 * @throws REQUEST_MALFORMED for a text that the database cannot keep as it is, rather than keep
 * another one: what it names would not be found again
 */
export function encodeBase(base: ChallengeBase): string {
  const encoded = encodeRecord(base as ChallengeRecord)
  for (const [field, text] of Object.entries(encoded)) assertStorable(field, text)
  assertShort('challengeId', base.challengeId)
  assertShort('requestId', base.scope + base.requestId)
  return JSON.stringify(encoded)
}

/**
 * A text by which something is found again.
 *
 * @throws REQUEST_MALFORMED when the database cannot keep it as it is
 */
export function name(field: string, text: string): string {
  assertStorable(field, text)
  assertShort(field, text)
  return text
}

/** A text to be read by people: what the database cannot keep is replaced by U+FFFD. */
export function prose(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

type Fields = { readonly [name in keyof ChallengeFields]?: ChallengeFields[name] | undefined }

/** Fields as JSON of texts, `null` for what is removed; and their names, as an array of text. */
export function encodeFields(fields: Fields): {
  readonly json: string
  readonly names: readonly string[]
} {
  const names = Object.keys(fields)
  // The price is there only because a whole record is what can be encoded.
  const encoded = encodeRecord({ ...fields, amountRaw: 1n } as ChallengeRecord)
  const texts = names.map((field) => [field, encodeField(field, encoded[field])])
  return { json: JSON.stringify(Object.fromEntries(texts)), names }
}

/** The database looks into these two, and its JSON functions know no NUL and no half character. */
const lookedInto = new Set(['intent', 'lease'])
const UNREADABLE = /\\u(?:0000|d[89a-f][0-9a-f]{2})/g
/** What the seller's backend answered is kept to the letter: nobody looks into it. */
const opaque = new Set(['accessGrant', 'response', 'refund'])

function encodeField(field: string, text: string | undefined): string | null {
  if (text === undefined) return null
  if (opaque.has(field)) return text
  return prose(lookedInto.has(field) ? text.replaceAll(UNREADABLE, '\\ufffd') : text)
}

/** An instant to compare with; beyond the years 1 to 9999 the database reads dates differently. */
export function bound(instant: Date): string {
  const year = instant.getUTCFullYear()
  if (year > 9999) return 'infinity'
  return year < 1 ? '-infinity' : instant.toISOString()
}

/** Names as PostgreSQL writes an array of text. */
export function toArray(names: readonly string[]): string {
  return `{${names.map((each) => JSON.stringify(each)).join(',')}}`
}

function assertStorable(field: string, text: string): void {
  if (text.isWellFormed() && !text.includes('\0')) return
  const expected = 'well-formed Unicode without U+0000'
  throw new Key0Error('REQUEST_MALFORMED', { facts: { field, expected } })
}

function assertShort(field: string, text: string): void {
  if (Buffer.byteLength(text) <= INDEXED_BYTES) return
  const expected = `at most ${INDEXED_BYTES} bytes (a request id together with its scope)`
  throw new Key0Error('REQUEST_MALFORMED', { facts: { field, expected } })
}
