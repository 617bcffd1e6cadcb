import type { z } from 'zod'
import { parseJson } from '../json/parseJson.ts'
import { check, toPlainJson } from '../v2/parseMessage.ts'
import { WireError, type WireErrorCode } from '../WireError.ts'
import { decodeBase64 } from './decodeBase64.ts'
import { encodeBase64 } from './encodeBase64.ts'

/** Longest header that is read, in bytes. Node refuses requests with more headers than this. */
export const MAX_HEADER_BYTES = 16_384

/**
 * Longest response header that is written, in bytes. Node's fetch fails at 16 KiB for all headers
 * together, and common proxies buffer 4 to 8 KiB.
 */
export const HEADER_BUDGET_BYTES = 8_192

/** Size from which a proxy with default settings may cut a response header off, in bytes. */
export const HEADER_WARN_BYTES = 4_096

/** How a header is read. */
export type HeaderLimits = {
  /** Longest accepted header, in bytes. Default {@link MAX_HEADER_BYTES}. */
  readonly maxBytes?: number
}

/** Whether a header is above {@link HEADER_WARN_BYTES}: worth a warning to the seller at start. */
export function isHeaderLarge(header: string): boolean {
  return header.length > HEADER_WARN_BYTES
}

/** Inside a header, JSON trouble is the header's trouble. */
const headerCodes: Partial<Record<WireErrorCode, WireErrorCode>> = {
  JSON_INVALID: 'HEADER_NOT_JSON',
  JSON_NOT_UTF8: 'HEADER_NOT_UTF8',
}

/** Reads a header down to its JSON value; what the value means, a schema says. */
export function readHeader(header: string, limits: HeaderLimits): unknown {
  const { maxBytes = MAX_HEADER_BYTES } = limits
  if (header.length > maxBytes) {
    throw new WireError('HEADER_TOO_LARGE', '$', `at most ${maxBytes} bytes`)
  }
  const bytes = decodeBase64(header)
  try {
    return parseJson(bytes, { maxBytes })
  } catch (error) {
    if (!WireError.is(error)) throw error
    const code = headerCodes[error.code] ?? error.code
    throw new WireError(code, error.path, error.expected, { cause: error })
  }
}

/** Checks a message and writes it as a header. */
export function writeHeader<T>(schema: z.ZodType<T>, message: T, budget: number): string {
  const header = encodeBase64(JSON.stringify(check(schema, toPlainJson(message))))
  if (header.length <= budget) return header
  throw new WireError('HEADER_OVER_BUDGET', '$', `at most ${budget} bytes, not ${header.length}`)
}
