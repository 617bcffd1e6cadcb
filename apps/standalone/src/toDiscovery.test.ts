import { AccessTokenIssuer, maxTokenLength } from '@key0/token'
import { expect, test } from 'vitest'
import { toConfig } from './config.ts'
import { readEnv } from './env.ts'
import { toDiscovery, tokenTtlSeconds } from './toDiscovery.ts'

const secret = 'a-secret-that-is-long-enough-for-hs256'
const env = {
  KEY0_WALLET_ADDRESS: `0x${'a1'.repeat(20)}`,
  KEY0_ACCESS_TOKEN_SECRET: secret,
}
const discoveryOf = (more: Record<string, string> = {}) =>
  toDiscovery(toConfig(readEnv({ ...env, ...more })))

test('a token is as token-info says', async () => {
  const { tokenInfo } = discoveryOf()
  const issuer = new AccessTokenIssuer(secret)
  const grant = { sub: 'a', jti: 'b', resourceId: 'c', planId: 'd', txHash: '0xe' }
  const { token, tokenType } = await issuer.sign(grant, tokenTtlSeconds)
  const [head, claims] = token
    .split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  expect(Object.keys(tokenInfo?.claims ?? {}).sort()).toEqual(Object.keys(claims).sort())
  expect(claims.exp - claims.iat).toBe(tokenInfo?.ttlSeconds)
  expect(tokenInfo).toMatchObject({ tokenType, algorithm: head.alg, maxLength: maxTokenLength })
})

test('what a backend issues itself is opaque', () => {
  const { tokenInfo } = discoveryOf({ ISSUE_TOKEN_API: 'https://shop.example/issue' })
  expect(tokenInfo).toEqual({ mode: 'remote', format: 'opaque', tokenType: 'Bearer' })
})

test.each([
  ['DISCOVER_ENABLED', 'discover'],
  ['LLMS_ENABLED', 'llms'],
  ['SKILLS_MD_ENABLED', 'skills'],
  ['X402_WELL_KNOWN_ENABLED', 'wellKnown'],
  ['OPENAPI_ENABLED', 'openapi'],
] as const)('%s=false switches off one document', (name, document) => {
  const { tokenInfo, ...switches } = discoveryOf({ [name]: 'false' })
  const off = Object.entries(switches).filter(([, isOn]) => !isOn)
  expect(off).toEqual([[document, false]])
  expect(tokenInfo).toBeDefined()
})

test('TOKEN_INFO_ENABLED=false tells no backend anything', () => {
  expect(discoveryOf({ TOKEN_INFO_ENABLED: 'false' })).not.toHaveProperty('tokenInfo')
})
