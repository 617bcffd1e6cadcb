import { generateKeyPairSync } from 'node:crypto'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
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
} from '../test/fixtures.ts'
import { AccessTokenIssuer } from './AccessTokenIssuer.ts'
import type { RequestLike } from './bearer/readBearer.ts'
import { createKey0Validator, type Key0ValidatorOptions } from './createKey0Validator.ts'
import type { TokenError } from './TokenError.ts'
import { validateKey0Request, validateKey0Token } from './validateKey0Token.ts'

const options = { secret, nowMs } as const
const token = forge(goodHeader, goodPayload)

describe('the Authorization header', () => {
  test.each([
    ['a bare token', token],
    ['Bearer', `Bearer ${token}`],
    ['bearer', `bearer ${token}`],
    ['BEARER', `BEARER ${token}`],
  ])('%s is taken', async (_name, value) => {
    expect(await validateKey0Token(value, options)).toEqual(goodPayload)
  })

  test.each([
    [undefined, 'AUTHORIZATION_MISSING'],
    [null, 'AUTHORIZATION_MISSING'],
    ['', 'AUTHORIZATION_MISSING'],
    ['Bearer', 'AUTHORIZATION_MALFORMED'],
    ['Bearer ', 'AUTHORIZATION_MALFORMED'],
    [`Bearer  ${token}`, 'AUTHORIZATION_MALFORMED'],
    [`Bearer\t${token}`, 'AUTHORIZATION_MALFORMED'],
    [` Bearer ${token}`, 'AUTHORIZATION_MALFORMED'],
    [`Bearer ${token} `, 'AUTHORIZATION_MALFORMED'],
    [`Bearer ${token}\n`, 'AUTHORIZATION_MALFORMED'],
    [`Bearer ${token} ${token}`, 'AUTHORIZATION_MALFORMED'],
    [`Basic ${token}`, 'AUTHORIZATION_MALFORMED'],
    [`Token ${token}`, 'AUTHORIZATION_MALFORMED'],
    [`Bearer:${token}`, 'TOKEN_MALFORMED'],
    [`Bearer ${token}, Bearer ${token}`, 'AUTHORIZATION_DUPLICATE'],
    [`${token},${token}`, 'AUTHORIZATION_DUPLICATE'],
    [`Bearer ${'A'.repeat(1_048_576)}`, 'TOKEN_TOO_LARGE'],
    [`https://api.test/?access_token=${token}`, 'TOKEN_MALFORMED'],
    [`Bearer é${token}`, 'TOKEN_MALFORMED'],
  ] as const)('refusal %# of a header value', async (value, code) => {
    await refusal(() => validateKey0Token(value, options), code)
  })
})

describe('a request', () => {
  const bearer = `Bearer ${token}`
  const doubled = new Headers([
    ['authorization', bearer],
    ['authorization', bearer],
  ])

  test.each<[string, RequestLike]>([
    ['Request', new Request('http://x.test', { headers: { authorization: bearer } })],
    ['Headers', new Headers({ Authorization: bearer })],
    ['Node', { headers: { authorization: bearer }, rawHeaders: ['Authorization', bearer] }],
    ['a record in any case', { headers: { AUTHORIZATION: bearer, accept: '*/*' } }],
    ['a list of one', { headers: { authorization: [bearer] } }],
  ])('of %s', async (_name, source) => {
    expect(await validateKey0Request(source, options)).toEqual(goodPayload)
  })

  test.each<[string, RequestLike]>([
    ['Headers', doubled],
    ['Request', new Request('http://x.test', { headers: doubled })],
    ['a record', { headers: { authorization: bearer, Authorization: bearer } }],
    ['a list', { headers: { authorization: [bearer, bearer] } }],
  ])('with two credentials in %s', async (_name, source) => {
    await refusal(() => validateKey0Request(source, options), 'AUTHORIZATION_DUPLICATE')
  })

  test('a token elsewhere than in the header is not looked for', async () => {
    const elsewhere = new Request(`http://x.test/?access_token=${token}&authorization=${token}`, {
      method: 'POST',
      headers: { cookie: `access_token=${token}`, 'x-access-token': token },
      body: `access_token=${token}`,
    })
    await refusal(() => validateKey0Request(elsewhere, options), 'AUTHORIZATION_MISSING')
    await refusal(() => validateKey0Request({ headers: {} }, options), 'AUTHORIZATION_MISSING')
  })

  test('a bare token is no header value', async () => {
    const source = { headers: { authorization: token } }
    await refusal(() => validateKey0Request(source, options), 'AUTHORIZATION_MALFORMED')
  })
})

const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('two Authorization headers on the wire are refused, though Node hides the second', async () => {
  const { validateRequest } = createKey0Validator(options)
  const origin = await listen((incoming, response) => {
    validateRequest(incoming).then(
      () => response.end('accepted'),
      (error: TokenError) => response.end(error.code),
    )
  })
  const answer = (lines: string[]) =>
    new Promise<string>((resolve, reject) => {
      const outgoing = request(origin, { headers: lines, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
      outgoing.on('error', reject).end()
    })
  const line = ['Authorization', `Bearer ${token}`]
  const host = ['Host', 'x.test']
  expect(await answer([...host, ...line])).toBe('accepted')
  expect(await answer([...host, ...line, ...line])).toBe('AUTHORIZATION_DUPLICATE')
})

describe('what was bought', () => {
  test('another resource or plan is 403, not 401', async () => {
    const other = { ...options, resourceId: 'reports/43' }
    const error = await refusal(() => validateKey0Token(token, other), 'TOKEN_RESOURCE_WRONG')
    expect(error.status).toBe(403)
    const gold = { ...options, planIds: ['gold'] }
    expect((await refusal(() => validateKey0Token(token, gold), 'TOKEN_PLAN_WRONG')).status).toBe(
      403,
    )
  })

  test('the right resource and one of the plans', async () => {
    const asked = { ...options, resourceId: 'reports/42', planIds: ['gold', 'basic'] }
    expect(await validateKey0Token(token, asked)).toEqual(goodPayload)
  })

  test('issuer and audience', async () => {
    const { token: named } = await issuerAt(0, { issuer: 'i', audience: 'a' }).sign(grant)
    const asked = { ...options, issuer: 'i', audience: 'a' }
    expect(await validateKey0Token(named, asked)).toMatchObject(grant)
    await refusal(() => validateKey0Token(named, options), 'TOKEN_AUDIENCE_WRONG')
    await refusal(() => validateKey0Token(token, asked), 'TOKEN_ISSUER_WRONG')
  })
})

describe('keys', () => {
  const publicKey = publicPem(pair.publicKey)
  const rs256 = new AccessTokenIssuer(
    { algorithm: 'RS256', privateKey: privatePem(pair.privateKey), keyId: 'k1' },
    { nowMs },
  )

  test('the public key is enough, and only for RS256', async () => {
    const { token: signed } = await rs256.sign(grant)
    expect(await validateKey0Token(signed, { publicKey, nowMs })).toMatchObject(grant)
    await refusal(() => validateKey0Token(token, { publicKey, nowMs }), 'TOKEN_ALGORITHM_WRONG')
    const confused = forge(goodHeader, goodPayload, publicKey)
    await refusal(() => validateKey0Token(confused, { publicKey, nowMs }), 'TOKEN_ALGORITHM_WRONG')
  })

  test('an EC key signs ES256, and its public half is enough', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const es256 = new AccessTokenIssuer({ privateKey: privatePem(ec.privateKey) }, { nowMs })
    const { token: signed } = await es256.sign(grant)
    const trusted = { publicKey: publicPem(ec.publicKey), nowMs }
    expect(await validateKey0Token(signed, trusted)).toMatchObject(grant)
    await refusal(() => validateKey0Token(signed, { publicKey, nowMs }), 'TOKEN_ALGORITHM_WRONG')
  })

  test('a rotation on the side of the backend', async () => {
    const old = forge(goodHeader, goodPayload, otherSecret)
    await refusal(() => validateKey0Token(old, options), 'TOKEN_SIGNATURE_WRONG')
    const overlap = { ...options, previousKeys: [otherSecret] }
    expect(await validateKey0Token(old, overlap)).toEqual(goodPayload)
    expect(await validateKey0Token(token, overlap)).toEqual(goodPayload)
  })

  test.each<[string, unknown, string]>([
    ['no key', {}, 'OPTIONS_INVALID'],
    ['an unset secret', { secret: undefined }, 'OPTIONS_INVALID'],
    ['two kinds of key', { secret, publicKey }, 'OPTIONS_INVALID'],
    ['a short secret', { secret: 'short' }, 'SECRET_TOO_SHORT'],
    ['a public key as secret', { secret: publicKey }, 'SECRET_IS_KEY'],
    ['a private key', { publicKey: privatePem(pair.privateKey) }, 'KEY_WRONG_TYPE'],
    ['a secret as public key', { publicKey: secret }, 'KEY_MALFORMED'],
    ['an unset resourceId', { secret, resourceId: undefined }, 'OPTIONS_INVALID'],
    ['no plans', { secret, planIds: [] }, 'OPTIONS_INVALID'],
    ['plans as text', { secret, planIds: 'basic' }, 'OPTIONS_INVALID'],
    ['plans unset', { secret, planIds: undefined }, 'OPTIONS_INVALID'],
    ['no list of previous keys', { secret, previousKeys: otherSecret }, 'OPTIONS_INVALID'],
    ['a clock that is no function', { secret, nowMs: 5 }, 'OPTIONS_INVALID'],
    ['jwks over http', { jwksUrl: 'http://keys.test/jwks' }, 'OPTIONS_INVALID'],
    ['jwks by file', { jwksUrl: 'file:///etc/jwks.json' }, 'OPTIONS_INVALID'],
    ['jwks with a password', { jwksUrl: 'https://u:p@keys.test/jwks' }, 'OPTIONS_INVALID'],
    ['jwks nowhere', { jwksUrl: '' }, 'OPTIONS_INVALID'],
    ['jwks and older keys', { jwksUrl: 'https://x.test', previousKeys: [] }, 'OPTIONS_INVALID'],
  ])('%s is found at start-up', async (_name, wrong, code) => {
    const work = () => createKey0Validator(wrong as Key0ValidatorOptions)
    await refusal(work, code as TokenError['code'])
    await refusal(
      () => validateKey0Token(token, wrong as Key0ValidatorOptions),
      code as TokenError['code'],
    )
  })

  test('published keys: fetched once, both of a rotation, no others', async () => {
    let fetches = 0
    const older = { algorithm: 'RS256', publicKey: otherPair.publicKey, keyId: 'k0' } as const
    const jwksUrl = await listen((_incoming, response) => {
      fetches++
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(rs256.jwks([older])))
    })
    const asked = { jwksUrl, nowMs }
    const { token: fresh } = await rs256.sign(grant)
    const header = { alg: 'RS256', typ: 'JWT', kid: 'k0' }
    const old = forge(header, goodPayload, otherPair.privateKey)
    expect(await validateKey0Token(fresh, asked)).toMatchObject(grant)
    expect(await validateKey0Token(old, asked)).toMatchObject(grant)
    await refusal(() => validateKey0Token(token, asked), 'TOKEN_ALGORITHM_WRONG')
    const lying = forge(header, goodPayload, pair.privateKey)
    await refusal(() => validateKey0Token(lying, asked), 'TOKEN_SIGNATURE_WRONG')
    const unknown = forge({ ...header, kid: 'k9' }, goodPayload, pair.privateKey)
    await refusal(() => validateKey0Token(unknown, asked), 'TOKEN_KEY_UNKNOWN')
    expect(fetches).toBe(1)
  })

  test('a published EC key verifies ES256', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const es256 = new AccessTokenIssuer({ privateKey, keyId: 'e1' }, { nowMs })
    const jwksUrl = await listen((_incoming, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(es256.jwks([publicPem(pair.publicKey)])))
    })
    const { token: fresh } = await es256.sign(grant)
    expect(await validateKey0Token(fresh, { jwksUrl, nowMs })).toMatchObject(grant)
  })

  test('published keys out of reach are 503, and garbage never causes a fetch', async () => {
    let fetches = 0
    const jwksUrl = await listen((_incoming, response) => {
      fetches++
      response.writeHead(500).end('no')
    })
    await refusal(() => validateKey0Token('a.b.c', { jwksUrl }), 'TOKEN_MALFORMED')
    expect(fetches).toBe(0)
    const { token: fresh } = await rs256.sign(grant)
    const error = await refusal(() => validateKey0Token(fresh, { jwksUrl }), 'JWKS_UNAVAILABLE')
    expect([error.status, fetches]).toEqual([503, 1])
  })
})
