import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  forge,
  goodHeader,
  goodPayload,
  grant,
  issuerAt,
  nowMs,
  otherPair,
  otherSecret,
  pair,
  privatePem,
  publicPem,
  refusal,
  secret,
} from '../../test/fixtures.ts'
import { AccessTokenIssuer } from '../AccessTokenIssuer.ts'
import type { SigningKey } from './AccessKey.ts'

describe('keys at construction', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const odd = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  const pem = privatePem(pair.privateKey)
  const encrypted = pair.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' })
    .toString()
  const rs256 = (privateKey: unknown) => ({ algorithm: 'RS256', privateKey }) as SigningKey

  test.each([
    ['31 bytes', 'x'.repeat(31), 'SECRET_TOO_SHORT'],
    ['empty', '', 'SECRET_TOO_SHORT'],
    ['31 raw bytes', new Uint8Array(31), 'SECRET_TOO_SHORT'],
    ['unset', undefined, 'SECRET_INVALID'],
    ['a lone surrogate', `${'x'.repeat(40)}\ud800`, 'SECRET_INVALID'],
    ['a public PEM', publicPem(pair.publicKey), 'SECRET_IS_KEY'],
    ['a private PEM', pem, 'SECRET_IS_KEY'],
    ['PEM bytes', Buffer.from(publicPem(pair.publicKey)), 'SECRET_IS_KEY'],
    ['null', null, 'OPTIONS_INVALID'],
    ['RSA for ES256', { algorithm: 'ES256', privateKey: pem }, 'KEY_WRONG_TYPE'],
    ['PS256', { algorithm: 'PS256', privateKey: pem }, 'OPTIONS_INVALID'],
    ['EC on another curve', { privateKey: p384.privateKey }, 'KEY_WRONG_TYPE'],
    ['HS256 unset', { algorithm: 'HS256' }, 'SECRET_INVALID'],
    ['no RSA key', rs256(undefined), 'KEY_MALFORMED'],
    ['words', rs256('my key'), 'KEY_MALFORMED'],
    ['cut short', rs256(`${pem.slice(0, 300)}\n-----END PRIVATE KEY-----`), 'KEY_MALFORMED'],
    ['line breaks lost', rs256(pem.replaceAll('\n', '\\n')), 'KEY_MALFORMED'],
    ['two keys', rs256(pem + pem), 'KEY_MALFORMED'],
    ['encrypted', rs256(encrypted), 'KEY_WRONG_TYPE'],
    ['the public half', rs256(publicPem(pair.publicKey)), 'KEY_WRONG_TYPE'],
    ['the public half as object', rs256(pair.publicKey), 'KEY_WRONG_TYPE'],
    ['EC for RS256', rs256(privatePem(ec.privateKey)), 'KEY_WRONG_TYPE'],
    ['RSA-PSS', rs256(pss.privateKey), 'KEY_WRONG_TYPE'],
    ['1024 bits', rs256(privatePem(small.privateKey)), 'KEY_TOO_WEAK'],
    ['exponent 3', rs256(odd.privateKey), 'KEY_TOO_WEAK'],
    [
      'halves of two pairs',
      { algorithm: 'RS256', privateKey: pem, publicKey: publicPem(otherPair.publicKey) },
      'KEY_MISMATCH',
    ],
    ['a kid with a space', { algorithm: 'HS256', secret, keyId: 'a b' }, 'KEY_ID_INVALID'],
    ['an empty kid', { algorithm: 'HS256', secret, keyId: '' }, 'KEY_ID_INVALID'],
  ] as const)('%s', async (_name, key, code) => {
    await refusal(() => new AccessTokenIssuer(key as SigningKey), code)
  })

  test('a secret is counted in UTF-8 bytes', async () => {
    await refusal(() => new AccessTokenIssuer('é'.repeat(15)), 'SECRET_TOO_SHORT')
    expect(new AccessTokenIssuer('é'.repeat(16)).algorithm).toBe('HS256')
    expect(new AccessTokenIssuer('x'.repeat(32)).algorithm).toBe('HS256')
  })

  test('PKCS #1 and both halves of one pair', () => {
    const pkcs1 = pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    const publicKey = pair.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()
    const key = { algorithm: 'RS256', privateKey: pkcs1, publicKey } as const
    expect(new AccessTokenIssuer(key).algorithm).toBe('RS256')
  })

  test('the kind of a pair is its algorithm, in every way it is written', () => {
    const sec1 = ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString()
    for (const privateKey of [ec.privateKey, privatePem(ec.privateKey), sec1])
      expect(new AccessTokenIssuer({ privateKey }).algorithm).toBe('ES256')
    expect(new AccessTokenIssuer({ privateKey: pem }).algorithm).toBe('RS256')
  })

  test('secret bytes changed later change nothing', async () => {
    const bytes = new TextEncoder().encode(secret)
    const issuer = new AccessTokenIssuer(bytes, { nowMs })
    bytes.fill(0)
    expect(await issuer.verify(forge(goodHeader, goodPayload))).toMatchObject(grant)
  })
})

describe('jwks', () => {
  test('lists public keys and no secret', () => {
    const issuer = new AccessTokenIssuer({
      algorithm: 'RS256',
      privateKey: pair.privateKey,
      keyId: 'new',
    })
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const older = [publicPem(otherPair.publicKey), otherSecret, publicPem(ec.publicKey)]
    const { keys } = issuer.jwks(older)
    expect(keys.map((jwk) => Object.keys(jwk).sort().join())).toEqual([
      'alg,e,kid,kty,n,use',
      'alg,e,kty,n,use',
      'alg,crv,kty,use,x,y',
    ])
    expect(createPublicKey({ key: keys[2] ?? {}, format: 'jwk' }).equals(ec.publicKey)).toBe(true)
    expect(createPublicKey({ key: keys[0] ?? {}, format: 'jwk' }).equals(pair.publicKey)).toBe(true)
    expect(issuerAt().jwks()).toEqual({ keys: [] })
  })
})
