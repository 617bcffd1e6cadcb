import { Key0Error } from '@key0/core'
import { AccessTokenIssuer, validateKey0Token } from '@key0/token'
import { expect, test } from 'vitest'
import { never, purchase } from '../test/backend.ts'
import { createNativeTokenIssuer, type TokenSigner } from './createNativeTokenIssuer.ts'

const secret = '0123456789abcdef0123456789abcdef'
const startMs = Date.now()

test('a token the backend validates: sub, jti, resource, plan and transaction', async () => {
  const issuer = createNativeTokenIssuer({ issuer: new AccessTokenIssuer(secret) })
  const issued = await issuer.issue(purchase, never)
  if (issued.kind !== 'issued') return expect.fail(issued.reason)
  const { accessToken, tokenType, expiresAt } = issued.credential
  const claims = await validateKey0Token(`${tokenType} ${accessToken}`, { secret })
  expect(claims).toMatchObject({
    sub: purchase.requestId,
    jti: purchase.challengeId,
    resourceId: 'reports',
    planId: 'basic',
    txHash: purchase.txHash,
  })
  expect(claims.exp - claims.iat).toBe(3_600)
  expect(expiresAt).toEqual(new Date(claims.exp * 1_000))
  expect(issuer.worstCaseMs).toBe(1_000)
})

test('asked twice: the same jti, and within one second the same bytes', async () => {
  const signer = new AccessTokenIssuer(secret, { nowMs: () => startMs })
  const issuer = createNativeTokenIssuer({ issuer: signer, ttlSeconds: 60 })
  const [first, second] = [await issuer.issue(purchase, never), await issuer.issue(purchase, never)]
  expect(first).toEqual(second)
})

test('a signer that fails, hangs or is stopped has issued nothing', async () => {
  const signing = (sign: TokenSigner['sign']) =>
    createNativeTokenIssuer({ issuer: { sign }, timeoutMs: 20 })
  const failing = signing(() => Promise.reject(new Error('s3cret')))
  expect(await failing.issue(purchase, never)).toEqual({
    kind: 'failed',
    reason: 'the token could not be signed (unexpected error)',
  })
  const hanging = signing(() => new Promise(() => undefined))
  expect(await hanging.issue(purchase, never)).toEqual({
    kind: 'failed',
    reason: 'no signature within 20 ms',
  })
  expect((await hanging.issue(purchase, AbortSignal.abort())).kind).toBe('failed')
})

test('a claim that cannot be signed names its code', async () => {
  const issuer = createNativeTokenIssuer({ issuer: new AccessTokenIssuer(secret) })
  expect(await issuer.issue({ ...purchase, planId: 'a\r\nb' }, never)).toEqual({
    kind: 'failed',
    reason: 'the token could not be signed (CLAIM_INVALID)',
  })
})

test.each([0, -1, 1.5, Number.NaN, 31_536_001])('ttlSeconds %s is refused at start', (ttl) => {
  const issuer = new AccessTokenIssuer(secret)
  try {
    createNativeTokenIssuer({ issuer, ttlSeconds: ttl })
    expect.fail('accepted')
  } catch (error) {
    expect(Key0Error.is(error, 'CONFIG_INVALID') && error.facts).toHaveProperty('ttlSeconds')
  }
})
