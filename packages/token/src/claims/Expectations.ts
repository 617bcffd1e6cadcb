import { TokenError } from '../TokenError.ts'
import { claimText, isClaimText } from './AccessClaims.ts'

/** What a verifier asks of a token beyond a good signature. */
export type ExpectationOptions = {
  /** The only `iss` accepted. When absent, any. */
  readonly issuer?: string
  /**
   * The name this verifier answers to in `aud`. When absent, a token that has an `aud` is
   * refused, as RFC 7519 section 4.1.3 demands.
   */
  readonly audience?: string
  /** The only `resourceId` accepted. When absent, any. */
  readonly resourceId?: string
  /** The `planId`s accepted. When absent, any. */
  readonly planIds?: readonly string[]
}

/** Where time comes from, and how far two clocks may differ. */
export type ClockOptions = {
  /** Milliseconds since the Unix epoch. Defaults to the system clock. */
  readonly nowMs?: () => number
  /** Forgiveness for clock skew: 0 to 60,000 ms, 5,000 when absent. */
  readonly clockToleranceMs?: number
}

/** Parsed {@link ExpectationOptions}. */
export type Expectations = {
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly resourceId: string | undefined
  readonly planIds: readonly string[] | undefined
}

/** Parsed {@link ClockOptions}. */
export type Clock = {
  /** @throws TokenError `CLOCK_INVALID`: compared with NaN, no token would ever expire. */
  nowMs(): number
  readonly toleranceMs: number
}

const defaultToleranceMs = 5_000
const maxToleranceMs = 60_000
const maxDateMs = 8.64e15

/**
 * Checks what a verifier asks for. A check that is named but `undefined` is an error: an unset
 * variable must not silently drop it.
 *
 * @throws TokenError `OPTIONS_INVALID`.
 */
export function parseExpectations(options: ExpectationOptions): Expectations {
  return {
    issuer: parseText(options, 'issuer'),
    audience: parseText(options, 'audience'),
    resourceId: parseText(options, 'resourceId'),
    planIds: parsePlanIds(options),
  }
}

/** Checks the clock's options. @throws TokenError `OPTIONS_INVALID`. */
export function parseClock(options: ClockOptions): Clock {
  const { nowMs = Date.now, clockToleranceMs = defaultToleranceMs } = options
  if (typeof nowMs !== 'function') throw new TokenError('OPTIONS_INVALID', 'nowMs to be a function')
  const inRange = clockToleranceMs >= 0 && clockToleranceMs <= maxToleranceMs
  if (!Number.isInteger(clockToleranceMs) || !inRange)
    throw new TokenError('OPTIONS_INVALID', `clockToleranceMs from 0 to ${maxToleranceMs}`)
  return {
    toleranceMs: clockToleranceMs,
    nowMs() {
      const now: unknown = nowMs()
      if (typeof now !== 'number' || !(now >= 0 && now <= maxDateMs))
        throw new TokenError('CLOCK_INVALID', 'nowMs to return milliseconds since 1970')
      return now
    },
  }
}

function parseText(
  options: ExpectationOptions,
  name: 'issuer' | 'audience' | 'resourceId',
): string | undefined {
  if (!Object.hasOwn(options, name)) return undefined
  const value: unknown = options[name]
  if (!isClaimText(value)) throw new TokenError('OPTIONS_INVALID', `${name} to be ${claimText}`)
  return value
}

function parsePlanIds(options: ExpectationOptions): readonly string[] | undefined {
  if (!Object.hasOwn(options, 'planIds')) return undefined
  const value: unknown = options.planIds
  if (!Array.isArray(value) || value.length === 0 || !value.every(isClaimText))
    throw new TokenError('OPTIONS_INVALID', `planIds to list at least one plan, ${claimText}`)
  return [...value]
}
