import { WireError, type WireErrorCode } from '../WireError.ts'
import { formatPath } from './formatPath.ts'

/** How much JSON a reader is willing to look at. */
export type JsonLimits = {
  /** Longest accepted text, in bytes of UTF-8. Default 1 MiB. */
  readonly maxBytes?: number
  /** Deepest accepted nesting; a flat object has depth 1. Default {@link MAX_JSON_DEPTH}. */
  readonly maxDepth?: number
}

/** Nesting that a message of this wire never needs to exceed, echoed JSON Schemas included. */
export const MAX_JSON_DEPTH = 16

const defaultMaxBytes = 1_048_576

/**
 * Keys through which a careless merge further down would reach `Object.prototype`. No message of
 * this wire uses them, so they are refused wherever they stand.
 */
const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

const whitespace = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const literals = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

/** Made once, because making one costs more than reading a small body. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Cursor = {
  readonly text: string
  readonly maxDepth: number
  readonly path: (string | number)[]
  at: number
}

/**
 * Reads one JSON text (RFC 8259) exactly, for input that somebody else chose.
 *
 * Differs from `JSON.parse` where two readers could disagree about what was said: duplicate keys,
 * a byte order mark, unpaired surrogates and numbers too large for a double are refused, and so
 * are invalid UTF-8, deep nesting and the keys `__proto__`, `constructor` and `prototype`.
 *
 * @param input Text, or its UTF-8 bytes.
 * @throws WireError `JSON_TOO_LARGE`, `JSON_NOT_UTF8`, `JSON_BOM`, `JSON_INVALID`,
 * `JSON_TRAILING_DATA`, `JSON_TOO_DEEP`, `JSON_DUPLICATE_KEY` or `JSON_FORBIDDEN_KEY`.
 * @example
 * parseJson('{"a":1}') // { a: 1 }
 */
export function parseJson(input: string | Uint8Array, limits: JsonLimits = {}): unknown {
  const { maxBytes = defaultMaxBytes, maxDepth = MAX_JSON_DEPTH } = limits
  const text = readText(input, maxBytes)
  const cursor: Cursor = { text, maxDepth, path: [], at: 0 }
  if (text.startsWith('\ufeff')) fail(cursor, 'JSON_BOM', 'text without a byte order mark')
  const value = readValue(cursor, 1)
  if (cursor.at !== text.length) fail(cursor, 'JSON_TRAILING_DATA', 'one JSON value and no more')
  return value
}

function readText(input: string | Uint8Array, maxBytes: number): string {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input
  if (bytes.length > maxBytes) {
    throw new WireError('JSON_TOO_LARGE', '$', `at most ${maxBytes} bytes`)
  }
  if (typeof input === 'string') return input
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new WireError('JSON_NOT_UTF8', '$', 'UTF-8 text', { cause })
  }
}

function fail(cursor: Cursor, code: WireErrorCode, expected: string): never {
  throw new WireError(code, formatPath(cursor.path), expected)
}

function skipWhitespace(cursor: Cursor): void {
  whitespace.lastIndex = cursor.at
  whitespace.test(cursor.text)
  cursor.at = whitespace.lastIndex
}

/** Whether `symbol` comes next; if so it is consumed, with the whitespace after it. */
function take(cursor: Cursor, symbol: string): boolean {
  if (!cursor.text.startsWith(symbol, cursor.at)) return false
  cursor.at += symbol.length
  skipWhitespace(cursor)
  return true
}

function readValue(cursor: Cursor, depth: number): unknown {
  skipWhitespace(cursor)
  const next = cursor.text[cursor.at]
  if (next === '{' || next === '[') {
    if (depth > cursor.maxDepth) {
      fail(cursor, 'JSON_TOO_DEEP', `at most ${cursor.maxDepth} levels of nesting`)
    }
    return next === '{' ? readObject(cursor, depth) : readArray(cursor, depth)
  }
  if (next === '"') return readString(cursor)
  for (const [word, value] of literals) if (take(cursor, word)) return value
  return readNumber(cursor)
}

function readObject(cursor: Cursor, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  take(cursor, '{')
  if (take(cursor, '}')) return object
  do {
    if (cursor.text[cursor.at] !== '"') fail(cursor, 'JSON_INVALID', 'a quoted key')
    const key = readString(cursor)
    cursor.path.push(key)
    if (forbiddenKeys.has(key)) {
      fail(cursor, 'JSON_FORBIDDEN_KEY', 'any key but __proto__, constructor and prototype')
    }
    if (Object.hasOwn(object, key)) fail(cursor, 'JSON_DUPLICATE_KEY', 'this key only once')
    if (!take(cursor, ':')) fail(cursor, 'JSON_INVALID', 'a colon after the key')
    object[key] = readValue(cursor, depth + 1)
    cursor.path.pop()
  } while (take(cursor, ','))
  if (!take(cursor, '}')) fail(cursor, 'JSON_INVALID', 'a comma or a closing brace')
  return object
}

function readArray(cursor: Cursor, depth: number): unknown[] {
  const array: unknown[] = []
  take(cursor, '[')
  if (take(cursor, ']')) return array
  do {
    cursor.path.push(array.length)
    array.push(readValue(cursor, depth + 1))
    cursor.path.pop()
  } while (take(cursor, ','))
  if (!take(cursor, ']')) fail(cursor, 'JSON_INVALID', 'a comma or a closing bracket')
  return array
}

/** Finds the closing quote by hand and leaves escapes to `JSON.parse`, which is strict on them. */
function readString(cursor: Cursor): string {
  const { text, at: start } = cursor
  let end = start + 1
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
  let value: string
  try {
    value = JSON.parse(text.slice(start, end + 1)) as string
  } catch {
    return fail(cursor, 'JSON_INVALID', 'a complete string with valid escapes')
  }
  // An unpaired surrogate cannot be written as UTF-8: what we read could not be sent again.
  if (!value.isWellFormed()) fail(cursor, 'JSON_INVALID', 'a string of well-formed Unicode')
  cursor.at = end + 1
  skipWhitespace(cursor)
  return value
}

function readNumber(cursor: Cursor): number {
  number.lastIndex = cursor.at
  const token = number.exec(cursor.text)?.[0]
  if (token === undefined) fail(cursor, 'JSON_INVALID', 'a JSON value')
  const value = Number(token)
  if (!Number.isFinite(value)) fail(cursor, 'JSON_INVALID', 'a number that fits a double')
  cursor.at += token.length
  skipWhitespace(cursor)
  return value
}
