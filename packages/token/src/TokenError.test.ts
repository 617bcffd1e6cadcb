import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { forge, goodHeader, goodPayload, grant, issuerAt, secret } from '../test/fixtures.ts'
import { AccessTokenIssuer } from './AccessTokenIssuer.ts'
import { TokenError, tokenErrorCodes } from './TokenError.ts'

describe('nothing secret is ever shown', () => {
  test('by printing an issuer', () => {
    const shown =
      inspect(issuerAt(), { depth: null, showHidden: true }) + JSON.stringify(issuerAt())
    expect(shown).not.toContain(secret)
  })

  test('by an error, whatever was wrong', async () => {
    const canary = 'CANARY'.repeat(8)
    const attempts: (() => unknown)[] = [
      () => new AccessTokenIssuer('CANARY'),
      () => new AccessTokenIssuer(`-----BEGIN PUBLIC KEY-----${canary}`),
      () => new AccessTokenIssuer({ algorithm: 'RS256', privateKey: canary }),
      () => new AccessTokenIssuer({ algorithm: 'HS256', secret, keyId: ` ${canary}` }),
      () => issuerAt().sign({ ...grant, sub: `${canary}\n` }),
      () => issuerAt().verify(canary),
      () => issuerAt().verify(forge(canary, canary)),
      () => issuerAt().verify(forge(goodHeader, canary)),
      () => issuerAt().verify(forge({ alg: canary, typ: 'JWT' }, goodPayload)),
      () => issuerAt().verify(forge({ ...goodHeader, typ: canary }, goodPayload)),
      () => issuerAt().verify(forge({ ...goodHeader, [canary]: 1 }, goodPayload)),
      () => issuerAt().verify(forge(goodHeader, goodPayload, canary)),
      () => issuerAt().verify(forge(goodHeader, { ...goodPayload, aud: canary })),
      () => issuerAt().verify(forge(goodHeader, { ...goodPayload, exp: canary })),
      () => issuerAt().verify(forge(goodHeader, { ...goodPayload, iss: canary }), { issuer: 'i' }),
      () => issuerAt().verifyWithFallback('x', ['CANARY']),
    ]
    const encoded = Buffer.from(canary).toString('base64url').slice(4, 40)
    for (const attempt of attempts) {
      const error: unknown = await Promise.resolve()
        .then(attempt)
        .catch((cause) => cause)
      expect(TokenError.is(error), String(error)).toBe(true)
      const shown = inspect(error, { depth: null, showHidden: true }) + JSON.stringify(error)
      expect(shown.replace(/^ +at .*$/gm, '')).not.toMatch(new RegExp(`CANARY|${encoded}`))
    }
  })
})

test('every code has a status, and the error repeats it', () => {
  for (const [code, { status }] of Object.entries(tokenErrorCodes)) {
    const error = new TokenError(code as keyof typeof tokenErrorCodes, 'something')
    expect(error.status).toBe(status)
    expect(TokenError.is(error, error.code)).toBe(true)
  }
  expect(TokenError.is(new Error('x'))).toBe(false)
})

test('the README explains every code, in order', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const explained = readme.match(/^\| `[A-Z_]+` \| \d{3} \| .+ \|$/gm)
  const rows = Object.entries(tokenErrorCodes).map(
    ([code, { status, summary }]) => `| \`${code}\` | ${status} | ${summary} |`,
  )
  expect(explained).toEqual(rows)
})
