import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect } from 'vitest'
import {
  type AccessClaims,
  type AccessGrantClaims,
  AccessTokenIssuer,
  TokenError,
  type TokenErrorCode,
} from '../src/exports/index.ts'

export const secret = 'correct-horse-battery-staple-0123456789'
export const otherSecret = 'an-older-secret-that-is-long-enough-987654'

/** A whole second, so that boundary tests can speak in exact milliseconds. */
export const startAtMs = 1_800_000_000_000
export const nowMs = (): number => startAtMs

export const grant: AccessGrantClaims = {
  sub: 'request-1',
  jti: 'challenge-1',
  resourceId: 'reports/42',
  planId: 'basic',
  txHash: `0x${'ab'.repeat(32)}`,
}

export const pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =
  generateKeyPairSync('rsa', { modulusLength: 2048 })
export const otherPair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } =
  generateKeyPairSync('rsa', { modulusLength: 2048 })

export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export function publicPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

/** An issuer whose clock stands still at {@link startAtMs} plus `offsetMs`. */
export function issuerAt(
  offsetMs = 0,
  options: ConstructorParameters<typeof AccessTokenIssuer>[1] = {},
): AccessTokenIssuer {
  return new AccessTokenIssuer(secret, { nowMs: () => startAtMs + offsetMs, ...options })
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
    'base64url',
  )
}

/** Signs by hand whatever header and payload a test wants, without the library under test. */
export function forge(header: unknown, payload: unknown, key: string | KeyObject = secret): string {
  const input = `${encode(header)}.${encode(payload)}`
  const signature =
    typeof key === 'string' || key.type === 'secret'
      ? createHmac('sha256', key).update(input).digest('base64url')
      : createSign('sha256').update(input).sign(key, 'base64url')
  return `${input}.${signature}`
}

export const goodHeader = { alg: 'HS256', typ: 'JWT' } as const
export const goodPayload: AccessClaims = {
  ...grant,
  iat: startAtMs / 1_000,
  exp: startAtMs / 1_000 + 3_600,
}

export function without(name: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(goodPayload).filter(([key]) => key !== name))
}

/** Asserts the code of what `work` throws, now or later, and answers with the error. */
export async function refusal(work: () => unknown, code: TokenErrorCode): Promise<TokenError> {
  let outcome: unknown
  try {
    outcome = await work()
  } catch (error) {
    expect(TokenError.is(error), String(error)).toBe(true)
    expect((error as TokenError).code).toBe(code)
    return error as TokenError
  }
  throw new Error(`expected ${code}, was answered ${JSON.stringify(outcome)}`)
}
