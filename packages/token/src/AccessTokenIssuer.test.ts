import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import {
  forge,
  goodHeader,
  goodPayload,
  grant,
  issuerAt,
  nowMs,
  otherSecret,
  pair,
  privatePem,
  publicPem,
  refusal,
  secret,
  startAtMs,
} from '../test/fixtures.ts'
import { AccessTokenIssuer } from './AccessTokenIssuer.ts'
import { TokenError } from './TokenError.ts'

describe('sign', () => {
  test('the claims of a purchase, one hour by default', async () => {
    const { token, expiresAt, tokenType } = await issuerAt(789).sign(grant)
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' })
    expect(decodeJwt(token)).toEqual(goodPayload)
    expect(expiresAt).toEqual(new Date(startAtMs + 3_600_000))
    expect(tokenType).toBe('Bearer')
  })

  test('RS256 with a kid; the public half verifies', async () => {
    const key = {
      algorithm: 'RS256',
      privateKey: privatePem(pair.privateKey),
      keyId: 'k1',
    } as const
    const { token } = await new AccessTokenIssuer(key, { nowMs }).sign(grant, 60)
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
    expect(await new AccessTokenIssuer(key, { nowMs }).verify(token)).toMatchObject(grant)
  })

  test('only the named claims are signed: exp cannot be smuggled in', async () => {
    const claims = { ...grant, exp: 9_999_999_999, nbf: 1, role: 'admin' }
    expect(decodeJwt((await issuerAt().sign(claims)).token)).toEqual(goodPayload)
  })

  test('text in any script survives', async () => {
    const claims = { ...grant, resourceId: 'отчёт/😀/报告', planId: "O'Neill <b>" }
    const { token } = await issuerAt().sign(claims)
    expect(await issuerAt().verify(token)).toMatchObject(claims)
  })

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 31_536_001, '60', null, 60n])(
    'ttlSeconds %s is refused',
    async (ttl) => {
      await refusal(() => issuerAt().sign(grant, ttl as number), 'TTL_INVALID')
    },
  )

  test('ttlSeconds 1 and 365 days are signed and verify', async () => {
    for (const ttl of [1, 31_536_000]) {
      const { token } = await issuerAt().sign(grant, ttl)
      expect((await issuerAt().verify(token)).exp).toBe(goodPayload.iat + ttl)
    }
  })

  test.each([undefined, null, '', 7, 'a\u0000b', 'a\r\nb', '\ud800', 'x'.repeat(1_025), {}])(
    'a claim that is %j is refused by name',
    async (value) => {
      for (const name of ['sub', 'jti', 'resourceId', 'planId', 'txHash'] as const) {
        const work = () => issuerAt().sign({ ...grant, [name]: value as string })
        expect((await refusal(work, 'CLAIM_INVALID')).message).toContain(`claim ${name}`)
      }
    },
  )

  test('no claims at all', async () => {
    await refusal(() => issuerAt().sign(undefined as unknown as typeof grant), 'CLAIM_INVALID')
  })

  test('claims whose token no verifier would take are refused by the issuer', async () => {
    const long = '报'.repeat(1_024)
    const claims = { ...grant, sub: long, jti: long, resourceId: long }
    await refusal(() => issuerAt().sign(claims), 'CLAIM_INVALID')
  })
})

describe('time', () => {
  // One token of 60 seconds, read by clocks around its edges; tolerance 5 seconds.
  test.each([
    [-5_001, 'TOKEN_NOT_YET_VALID'],
    [-5_000, undefined],
    [0, undefined],
    [59_999, undefined],
    [64_999, undefined],
    [65_000, 'TOKEN_EXPIRED'],
    [3_600_000, 'TOKEN_EXPIRED'],
  ] as const)('%i ms after it was issued: %s', async (offsetMs, code) => {
    const { token } = await issuerAt().sign(grant, 60)
    if (code) await refusal(() => issuerAt(offsetMs).verify(token), code)
    else expect(await issuerAt(offsetMs).verify(token)).toMatchObject(grant)
  })

  test('without tolerance the edges are exact', async () => {
    const { token } = await issuerAt().sign(grant, 60)
    const at = (offsetMs: number) => issuerAt(offsetMs, { clockToleranceMs: 0 }).verify(token)
    await refusal(() => at(-1), 'TOKEN_NOT_YET_VALID')
    await at(0)
    await at(59_999)
    await refusal(() => at(60_000), 'TOKEN_EXPIRED')
  })

  test('nbf has its own edge', async () => {
    const token = forge(goodHeader, { ...goodPayload, nbf: goodPayload.iat + 10 })
    await refusal(() => issuerAt(4_999).verify(token), 'TOKEN_NOT_YET_VALID')
    expect((await issuerAt(5_000).verify(token)).nbf).toBe(goodPayload.iat + 10)
  })

  test.each([Number.NaN, -1, 1e16, '0', undefined])(
    'a clock that says %s keeps no token alive',
    async (now) => {
      const broken = issuerAt(0, { nowMs: () => now as number })
      await refusal(() => broken.verify(forge(goodHeader, goodPayload)), 'CLOCK_INVALID')
      await refusal(() => broken.sign(grant), 'CLOCK_INVALID')
    },
  )

  test.each([-1, 60_001, 0.5, Number.NaN, '5'])('a tolerance of %s is refused', async (value) => {
    const options = { clockToleranceMs: value as number }
    await refusal(() => new AccessTokenIssuer(secret, options), 'OPTIONS_INVALID')
  })
})

describe('issuer and audience', () => {
  const named = issuerAt(0, { issuer: 'key0', audience: 'shop' })

  test('are written and demanded', async () => {
    const { token } = await named.sign(grant)
    expect(await named.verify(token)).toMatchObject({ iss: 'key0', aud: 'shop' })
    const expected = { issuer: 'someone' }
    await refusal(() => named.verify(token, expected), 'TOKEN_ISSUER_WRONG')
    await refusal(() => named.verify(token, { audience: 'bank' }), 'TOKEN_AUDIENCE_WRONG')
    await refusal(() => issuerAt().verify(token), 'TOKEN_AUDIENCE_WRONG')
  })

  test('a token without them is not taken for one with them', async () => {
    const bare = forge(goodHeader, goodPayload)
    await refusal(() => named.verify(bare), 'TOKEN_ISSUER_WRONG')
    const asked = issuerAt(0, { audience: 'shop' })
    await refusal(() => asked.verify(bare), 'TOKEN_AUDIENCE_WRONG')
  })

  test('a service token is not an access token', async () => {
    const system = { ...grant, sub: 'key0-service', planId: 'system', txHash: 'system-auth' }
    const { token } = await issuerAt().sign({ ...system, aud: 'backend-service' }, 60)
    await refusal(() => issuerAt().verify(token), 'TOKEN_AUDIENCE_WRONG')
    const claims = await issuerAt().verify(token, { audience: 'backend-service' })
    expect(claims.sub).toBe('key0-service')
  })

  test('one of several audiences is enough', async () => {
    const token = forge(goodHeader, { ...goodPayload, aud: ['bank', 'shop'] })
    const claims = await issuerAt(0, { audience: 'shop' }).verify(token)
    expect(claims.aud).toEqual(['bank', 'shop'])
  })

  test.each(['', 7, null, undefined])(
    'an option that is %j is an error, not "any"',
    async (value) => {
      for (const name of ['issuer', 'audience', 'resourceId']) {
        await refusal(() => issuerAt().verify('x', { [name]: value }), 'OPTIONS_INVALID')
        if (name !== 'resourceId')
          await refusal(() => new AccessTokenIssuer(secret, { [name]: value }), 'OPTIONS_INVALID')
      }
    },
  )
})

describe('rotation: two keys verify, one signs', () => {
  const before = new AccessTokenIssuer(otherSecret, { nowMs })
  const after = issuerAt()

  test('a token bought before the rotation lives out its hour, and no key outlives its list', async () => {
    const old = (await before.sign(grant)).token
    await refusal(() => after.verify(old), 'TOKEN_SIGNATURE_WRONG')
    expect(await after.verifyWithFallback(old, [otherSecret])).toMatchObject(grant)
    await refusal(() => after.verifyWithFallback(old, ['f'.repeat(32)]), 'TOKEN_SIGNATURE_WRONG')
    const fresh = (await after.sign(grant)).token
    expect(await after.verifyWithFallback(fresh, [otherSecret])).toMatchObject(grant)
    await refusal(() => before.verify(fresh), 'TOKEN_SIGNATURE_WRONG')
  })

  test('an old key does not excuse an expired token', async () => {
    const old = (await before.sign(grant, 60)).token
    await refusal(() => issuerAt(65_000).verifyWithFallback(old, [otherSecret]), 'TOKEN_EXPIRED')
  })

  test('from HS256 to RS256, by PEM, KeyObject or object', async () => {
    const rs256 = new AccessTokenIssuer(
      { algorithm: 'RS256', privateKey: pair.privateKey, keyId: 'new' },
      { nowMs },
    )
    const old = (await before.sign(grant)).token
    expect(await rs256.verifyWithFallback(old, [otherSecret])).toMatchObject(grant)
    await refusal(() => rs256.verify(old), 'TOKEN_ALGORITHM_WRONG')
    const { token } = await rs256.sign(grant)
    for (const key of [
      publicPem(pair.publicKey),
      { algorithm: 'RS256', publicKey: pair.publicKey },
      { algorithm: 'RS256', publicKey: publicPem(pair.publicKey), keyId: 'new' },
    ] as const)
      expect(await after.verifyWithFallback(token, [key])).toMatchObject(grant)
    const renamed = { algorithm: 'RS256', publicKey: pair.publicKey, keyId: 'x' } as const
    await refusal(() => after.verifyWithFallback(token, [renamed]), 'TOKEN_KEY_UNKNOWN')
  })

  test.each([undefined, null, 7, {}, 'short'])(
    'an older key that is %j is an error',
    async (key) => {
      const error = await after
        .verifyWithFallback(forge(goodHeader, goodPayload), [key as string])
        .catch((cause: unknown) => cause)
      expect(TokenError.is(error) && error.status).toBe(500)
    },
  )
})
