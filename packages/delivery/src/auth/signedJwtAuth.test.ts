import { generateKeyPairSync } from 'node:crypto'
import { AccessTokenIssuer, createKey0Validator } from '@key0/token'
import { expect, test } from 'vitest'
import { signedJwtAuth } from './signedJwtAuth.ts'

const secret = '3f1c5b7a9d2e4860b1c3d5e7f90a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a'
const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const audience = 'backend-service'

const keys = {
  HS256: { signing: secret, verifying: { secret } },
  RS256: {
    signing: { algorithm: 'RS256' as const, privateKey: pair.privateKey },
    verifying: { publicKey: pair.publicKey },
  },
}

test.each(Object.entries(keys))(
  '%s: the backend learns who calls, and for how long',
  async (...of) => {
    const [, { signing, verifying }] = of
    const auth = signedJwtAuth(new AccessTokenIssuer(signing), audience)
    const { authorization = '' } = await auth()
    const claims = await createKey0Validator({ ...verifying, audience }).validateToken(
      authorization,
    )
    expect(claims).toMatchObject({
      sub: 'key0-service',
      resourceId: audience,
      planId: 'system',
      txHash: 'system-auth',
      aud: audience,
    })
    expect(claims.jti).toMatch(/^[0-9a-f-]{36}$/)
    expect(claims.exp - claims.iat).toBe(60)
  },
)

test('every attempt has a token of its own', async () => {
  const auth = signedJwtAuth(new AccessTokenIssuer(secret), audience, 5)
  expect((await auth()).authorization).not.toBe((await auth()).authorization)
})

test('a service token opens nothing that was sold', async () => {
  const { authorization = '' } = await signedJwtAuth(new AccessTokenIssuer(secret), audience)()
  const shop = createKey0Validator({ secret })
  await expect(shop.validateToken(authorization)).rejects.toThrow(
    expect.objectContaining({ code: 'TOKEN_AUDIENCE_WRONG' }),
  )
})

test.each([
  ['', 60, 'audience'],
  ['two words', 60, 'audience'],
  [audience, 0, 'ttlSeconds'],
  [audience, 1.5, 'ttlSeconds'],
])('audience %j for %d seconds is refused at once', (name, ttlSeconds, field) => {
  expect(() => signedJwtAuth(new AccessTokenIssuer(secret), name, ttlSeconds)).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', facts: { [field]: expect.any(String) } }),
  )
})
