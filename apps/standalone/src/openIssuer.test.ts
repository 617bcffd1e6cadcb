import { generateKeyPairSync } from 'node:crypto'
import { type TokenKey, toAuth } from '@key0/app-kit'
import { AccessTokenIssuer, createKey0Validator } from '@key0/token'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { openIssuer, openRevoker } from './openIssuer.ts'
import { toSigner } from './toSigner.ts'

const none = { strategy: 'none' } as const
const purchase = {
  challengeId: 'challenge-91bc',
  requestId: 'request-7f3a',
  clientAgentId: 'agent-1',
  resourceId: 'reports',
  planId: 'basic',
  amount: '$0.10',
  amountRaw: 100_000n,
  chainId: 84532,
  txHash: `0x${'5e'.repeat(32)}`,
  fromAddress: `0x${'ab'.repeat(20)}`,
  idempotencyKey: 'purchase-91bc',
} as const

function pairOf(keyId: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    keyId,
    algorithm: 'ES256' as const,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

test('a rotation: what is published verifies tokens of the new key and of the old one', async () => {
  const [old, next] = [pairOf('old'), pairOf('next')]
  const key: TokenKey = { ...next, previous: [old] }
  const { issuer, jwks } = openIssuer({ mode: 'native', key, auth: none })
  const issued = await issuer.issue(purchase, new AbortController().signal)
  const fresh = issued.kind === 'issued' ? issued.credential.accessToken : ''
  const claims = { sub: 'a', jti: 'b', resourceId: 'c', planId: 'd', txHash: 'e' }
  const { token: older } = await new AccessTokenIssuer(old).sign(claims)
  const published = createLocalJWKSet({ keys: [...jwks.keys] })
  for (const token of [fresh, older])
    await expect(jwtVerify(token, published)).resolves.toMatchObject({
      protectedHeader: { alg: 'ES256' },
    })
})

test('a backend is told to revoke only where it offers that', () => {
  const url = 'https://shop.example/issue'
  const token = { mode: 'remote', url, auth: none, timeoutMs: 1_000, retries: 0 } as const
  expect(openRevoker(token)).toBeUndefined()
  expect(openRevoker({ ...token, revokeUrl: `${url}/revoke` })).toBeDefined()
  const key = { secret: 's'.repeat(32) }
  expect(openRevoker({ mode: 'native', key, auth: none })).toBeUndefined()
})

test('a secret is not published', () => {
  const key = { secret: 's'.repeat(32) }
  expect(openIssuer({ mode: 'native', key, auth: none }).jwks).toEqual({ keys: [] })
})

test('jwt: the backend verifies who calls with the secret it shares', async () => {
  const secret = 's'.repeat(32)
  const headers = await toAuth({ strategy: 'jwt', key: { secret } }, toSigner)()
  const backend = createKey0Validator({ secret, audience: 'backend-service' })
  await expect(backend.validateToken(headers.authorization)).resolves.toMatchObject({
    sub: 'key0-service',
  })
})
