import type { Credential } from '@key0/core'
import { readInstant, readLifetime } from './readExpiry.ts'

/** The largest answer that is read, in bytes of UTF-8. */
export const maxAnswerBytes = 65_536
/** Deeper JSON is refused: what stores the grant later may walk it recursively. */
const maxDepth = 32

const tokenNames = ['token', 'accessToken', 'access_token', 'apiKey', 'api_key', 'key'] as const
const typeNames = ['tokenType', 'token_type'] as const
const instantNames = ['expiresAt', 'expires_at'] as const
const lifetimeNames = ['expires_in', 'expiresIn'] as const

const tokenText = /^[\x21-\x7e]+$/
const tokenType = /^[A-Za-z][\w!#$%&'*+.^`|~-]{0,63}$/

export type AnswerText = {
  readonly text: string
  /** The media type, without parameters, in lower case. Empty when there was none. */
  readonly mediaType: string
}

/**
 * Reads what a backend answered as a credential, or undefined when it is none. Text that looks
 * like JSON, or is declared to be, must be JSON; other text must be one word, so that an error
 * page is never sold as a token.
 */
export function readCredential(
  { text, mediaType }: AnswerText,
  nowMs: number,
): Credential | undefined {
  const trimmed = text.trim()
  const declared = /^application\/(?:.+\+)?json$/.test(mediaType)
  if (declared || /^[{["]/.test(trimmed)) return readJson(trimmed, nowMs)
  if (mediaType === 'text/html' || trimmed.startsWith('<')) return undefined
  return readToken(trimmed)
}

/** The same for a value a function returned. It is kept as its JSON, so that it can be stored. */
export function readCredentialValue(value: unknown, nowMs: number): Credential | undefined {
  if (typeof value === 'string') return readCredential({ text: value, mediaType: '' }, nowMs)
  const text = toJson(value)
  if (text === undefined || Buffer.byteLength(text) > maxAnswerBytes) return undefined
  return readCredential({ text, mediaType: 'application/json' }, nowMs)
}

function readJson(text: string, nowMs: number): Credential | undefined {
  const value = parseJson(text)
  if (typeof value === 'string') return readToken(value)
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return undefined
  if (!isShallow(value)) return undefined
  return Array.isArray(value)
    ? { accessToken: text, tokenType: 'Bearer', credential: value }
    : readObject(value as Fields, text, nowMs)
}

type Fields = Readonly<Record<string, unknown>>

function readObject(fields: Fields, text: string, nowMs: number): Credential | undefined {
  const named = firstOf(fields, tokenNames, isToken)
  // A token that is named but absent says that nothing was issued.
  if (named === undefined && tokenNames.some((name) => isAbsent(fields, name))) return undefined
  const type = firstOf(fields, typeNames, isTokenType)
  const expiry = readExpiry(fields, nowMs)
  const read = [named, type, expiry].flatMap((found) => (found ? [found.name] : []))
  const isWhole = named !== undefined && Object.keys(fields).every((name) => read.includes(name))
  return {
    accessToken: named?.value ?? text,
    tokenType: type?.value ?? 'Bearer',
    ...(expiry && { expiresAt: expiry.value }),
    ...(!isWhole && { credential: fields }),
  }
}

type Found<value> = { readonly name: string; readonly value: value }

function firstOf<value>(
  fields: Fields,
  names: readonly string[],
  accepts: (value: unknown) => value is value,
): Found<value> | undefined {
  for (const name of names) {
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (accepts(value)) return { name, value }
  }
  return undefined
}

function readExpiry(fields: Fields, nowMs: number): Found<Date> | undefined {
  const readers = [
    ...instantNames.map((name) => ({ name, read: readInstant })),
    ...lifetimeNames.map((name) => ({ name, read: (v: unknown) => readLifetime(v, nowMs) })),
  ]
  for (const { name, read } of readers) {
    const value = Object.hasOwn(fields, name) ? read(fields[name]) : undefined
    if (value) return { name, value }
  }
  return undefined
}

const isToken = (value: unknown): value is string =>
  typeof value === 'string' && tokenText.test(value)

const isTokenType = (value: unknown): value is string =>
  typeof value === 'string' && tokenType.test(value)

const isAbsent = (fields: Fields, name: string): boolean =>
  Object.hasOwn(fields, name) && (fields[name] === null || fields[name] === '')

function readToken(text: string): Credential | undefined {
  return isToken(text) ? { accessToken: text, tokenType: 'Bearer' } : undefined
}

function isShallow(value: object): boolean {
  let level: object[] = [value]
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > maxDepth) return false
    level = level.flatMap((node) =>
      Object.values(node).filter((child) => typeof child === 'object' && child !== null),
    )
  }
  return true
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Undefined for what JSON cannot say: functions, cycles, bigints, and nothing at all. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
