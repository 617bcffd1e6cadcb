import { generateKeyPairSync } from 'node:crypto'
import { compactVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { AccessTokenIssuer, type TokenErrorCode } from '../src/exports/index.ts'
import {
  encode,
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
  startAtMs,
  without,
} from './fixtures.ts'

const iat = goodPayload.iat
const good = forge(goodHeader, goodPayload)
const [head = '', body = '', signature = ''] = good.split('.')
const year = 31_536_000

type Attack = readonly [name: string, token: string, code: TokenErrorCode]

const attacks: readonly Attack[] = [
  // Form
  ['nothing', '', 'TOKEN_MALFORMED'],
  ['garbage', 'garbage', 'TOKEN_MALFORMED'],
  ['two parts', `${head}.${body}`, 'TOKEN_MALFORMED'],
  ['four parts', `${good}.x`, 'TOKEN_MALFORMED'],
  ['five parts, as JWE', `${good}.x.y`, 'TOKEN_MALFORMED'],
  ['leading space', ` ${good}`, 'TOKEN_MALFORMED'],
  ['trailing line break', `${good}\n`, 'TOKEN_MALFORMED'],
  ['padded base64', `${head}.${body}.${signature}=`, 'TOKEN_MALFORMED'],
  ['plain base64 alphabet', `${head}.${body}.+/${signature.slice(2)}`, 'TOKEN_MALFORMED'],
  ['unicode', `${head}.${body}.é${signature.slice(1)}`, 'TOKEN_MALFORMED'],
  ['full-width letters', good.replace('e', 'ｅ'), 'TOKEN_MALFORMED'],
  ['a megabyte of token', `${head}.${'A'.repeat(1_048_576)}.${signature}`, 'TOKEN_TOO_LARGE'],
  ['a megabyte of dots', '.'.repeat(1_048_576), 'TOKEN_TOO_LARGE'],
  ['one character over', `${good}${'A'.repeat(8193 - good.length)}`, 'TOKEN_TOO_LARGE'],
  ['header is no JSON', `${encode('{')}.${body}.${signature}`, 'TOKEN_MALFORMED'],
  ['header is a list', forge([], goodPayload), 'TOKEN_MALFORMED'],
  ['header is null', forge('null', goodPayload), 'TOKEN_MALFORMED'],
  // Header
  ['jwk in the header', forge({ ...goodHeader, jwk: {} }, goodPayload), 'TOKEN_HEADER_UNSUPPORTED'],
  ['jku', forge({ ...goodHeader, jku: 'https://x.test' }, goodPayload), 'TOKEN_HEADER_UNSUPPORTED'],
  ['x5c', forge({ ...goodHeader, x5c: ['x'] }, goodPayload), 'TOKEN_HEADER_UNSUPPORTED'],
  ['crit', forge({ ...goodHeader, crit: ['exp'] }, goodPayload), 'TOKEN_HEADER_UNSUPPORTED'],
  ['b64', forge({ ...goodHeader, b64: false }, goodPayload), 'TOKEN_HEADER_UNSUPPORTED'],
  ['kid is a list', forge({ ...goodHeader, kid: ['a'] }, goodPayload), 'TOKEN_HEADER_UNSUPPORTED'],
  [
    'kid is long',
    forge({ ...goodHeader, kid: 'k'.repeat(129) }, goodPayload),
    'TOKEN_HEADER_UNSUPPORTED',
  ],
  ['typ missing', forge({ alg: 'HS256' }, goodPayload), 'TOKEN_TYPE_WRONG'],
  ['typ at+jwt', forge({ alg: 'HS256', typ: 'at+jwt' }, goodPayload), 'TOKEN_TYPE_WRONG'],
  ['typ is a list', forge({ alg: 'HS256', typ: ['JWT'] }, goodPayload), 'TOKEN_TYPE_WRONG'],
  // Algorithm
  ['alg none', `${encode({ alg: 'none', typ: 'JWT' })}.${body}.`, 'TOKEN_ALGORITHM_WRONG'],
  ['alg nOnE', `${encode({ alg: 'nOnE', typ: 'JWT' })}.${body}.`, 'TOKEN_ALGORITHM_WRONG'],
  ['alg missing', forge({ typ: 'JWT' }, goodPayload), 'TOKEN_ALGORITHM_WRONG'],
  ['alg lower case', forge({ alg: 'hs256', typ: 'JWT' }, goodPayload), 'TOKEN_ALGORITHM_WRONG'],
  ['alg HS512', forge({ alg: 'HS512', typ: 'JWT' }, goodPayload), 'TOKEN_ALGORITHM_WRONG'],
  ['alg is a list', forge({ alg: ['HS256'], typ: 'JWT' }, goodPayload), 'TOKEN_ALGORITHM_WRONG'],
  [
    'RS256 against a secret',
    forge({ alg: 'RS256', typ: 'JWT' }, goodPayload, pair.privateKey),
    'TOKEN_ALGORITHM_WRONG',
  ],
  // Signature
  ['no signature', `${head}.${body}.`, 'TOKEN_SIGNATURE_WRONG'],
  ['half a signature', `${head}.${body}.${signature.slice(0, 20)}`, 'TOKEN_SIGNATURE_WRONG'],
  ['longer signature', `${good}A`, 'TOKEN_SIGNATURE_WRONG'],
  ['another secret', forge(goodHeader, goodPayload, otherSecret), 'TOKEN_SIGNATURE_WRONG'],
  [
    'payload swapped',
    `${head}.${encode({ ...goodPayload, planId: 'gold' })}.${signature}`,
    'TOKEN_SIGNATURE_WRONG',
  ],
  [
    'header swapped',
    `${encode({ typ: 'JWT', alg: 'HS256' })}.${body}.${signature}`,
    'TOKEN_SIGNATURE_WRONG',
  ],
  [
    'kid as an injection changes no key',
    forge({ ...goodHeader, kid: "../../dev/null' UNION SELECT 'x" }, goodPayload, ' '),
    'TOKEN_SIGNATURE_WRONG',
  ],
  // Payload, rightly signed
  ['payload is no JSON', forge(goodHeader, '{'), 'TOKEN_MALFORMED'],
  ['payload is a list', forge(goodHeader, '[]'), 'TOKEN_MALFORMED'],
  ['payload begins with a BOM', forge(goodHeader, '\uFEFF{}'), 'TOKEN_MALFORMED'],
  ...['sub', 'jti', 'resourceId', 'planId', 'txHash', 'iat', 'exp'].map(
    (name): Attack => [`no ${name}`, forge(goodHeader, without(name)), 'TOKEN_CLAIM_MISSING'],
  ),
  ['exp is text', forge(goodHeader, { ...goodPayload, exp: `${iat + 60}` }), 'TOKEN_CLAIM_INVALID'],
  ['exp is null', forge(goodHeader, { ...goodPayload, exp: null }), 'TOKEN_CLAIM_INVALID'],
  ['exp is 1e999', forge(goodHeader, `{"exp":1e999${rest('exp')}`), 'TOKEN_CLAIM_INVALID'],
  ['exp is a half', forge(goodHeader, { ...goodPayload, exp: iat + 0.5 }), 'TOKEN_CLAIM_INVALID'],
  ['exp before iat', forge(goodHeader, { ...goodPayload, exp: iat }), 'TOKEN_CLAIM_INVALID'],
  [
    'more than a year',
    forge(goodHeader, { ...goodPayload, exp: iat + year + 1 }),
    'TOKEN_CLAIM_INVALID',
  ],
  ['exp in ms', forge(goodHeader, { ...goodPayload, exp: iat * 1_000 }), 'TOKEN_CLAIM_INVALID'],
  ['sub is a number', forge(goodHeader, { ...goodPayload, sub: 1 }), 'TOKEN_CLAIM_INVALID'],
  ['planId empty', forge(goodHeader, { ...goodPayload, planId: '' }), 'TOKEN_CLAIM_INVALID'],
  [
    'a line break in planId',
    forge(goodHeader, { ...goodPayload, planId: 'a\nb' }),
    'TOKEN_CLAIM_INVALID',
  ],
  ['aud is a number', forge(goodHeader, { ...goodPayload, aud: 7 }), 'TOKEN_CLAIM_INVALID'],
  ['aud is empty', forge(goodHeader, { ...goodPayload, aud: [] }), 'TOKEN_CLAIM_INVALID'],
  [
    'meant for somebody else',
    forge(goodHeader, { ...goodPayload, aud: 'backend-service' }),
    'TOKEN_AUDIENCE_WRONG',
  ],
  [
    'nbf in the future',
    forge(goodHeader, { ...goodPayload, nbf: iat + 60 }),
    'TOKEN_NOT_YET_VALID',
  ],
  [
    'iat in the future',
    forge(goodHeader, { ...goodPayload, iat: iat + 60 }),
    'TOKEN_NOT_YET_VALID',
  ],
  [
    'iat in the future behind an nbf in the past',
    forge(goodHeader, { ...goodPayload, iat: iat + 60, nbf: iat - 60 }),
    'TOKEN_NOT_YET_VALID',
  ],
  [
    'expired',
    forge(goodHeader, { ...goodPayload, iat: iat - 120, exp: iat - 60 }),
    'TOKEN_EXPIRED',
  ],
]

function rest(name: string): string {
  return `,${JSON.stringify(without(name)).slice(1)}`
}

describe('attacks on an HS256 verifier', () => {
  test('the token they are made from is good', async () => {
    expect(await issuerAt().verify(good)).toEqual(goodPayload)
  })

  test.each(attacks)('%s', async (_name, token, code) => {
    await refusal(() => issuerAt().verify(token), code)
    await refusal(() => issuerAt().verifyWithFallback(token, ['f'.repeat(32)]), code)
  })

  test.each([undefined, null, 7, {}, [good], Buffer.from(good)])(
    'a token that is %s, not text',
    async (token) => {
      await refusal(() => issuerAt().verify(token as unknown as string), 'TOKEN_MALFORMED')
    },
  )
})

describe('attacks on an RS256 verifier', () => {
  const rs256 = new AccessTokenIssuer(
    { algorithm: 'RS256', privateKey: privatePem(pair.privateKey), keyId: 'now' },
    { nowMs },
  )
  const pem = publicPem(pair.publicKey)

  test.each([
    ['the PEM', pem],
    ['the PEM without its last line break', pem.trimEnd()],
    ['the DER', pair.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1')],
  ])('%s of the public key as an HMAC secret', async (_name, key) => {
    await refusal(() => rs256.verify(forge(goodHeader, goodPayload, key)), 'TOKEN_ALGORITHM_WRONG')
    const hinted = forge({ ...goodHeader, kid: 'now' }, goodPayload, key)
    await refusal(() => rs256.verify(hinted), 'TOKEN_ALGORITHM_WRONG')
  })

  test('mid-rotation, an HS256 key beside it does not open the door to the public key', async () => {
    const token = forge(goodHeader, goodPayload, pem)
    await refusal(() => rs256.verifyWithFallback(token, [secret]), 'TOKEN_SIGNATURE_WRONG')
  })

  test('RS256 says RS256: the same key with RS384 or PS256 is refused', async () => {
    for (const alg of ['RS384', 'RS512', 'PS256', 'ES256', 'none'])
      await refusal(
        () => rs256.verify(forge({ alg, typ: 'JWT' }, goodPayload, pair.privateKey)),
        'TOKEN_ALGORITHM_WRONG',
      )
  })

  test('another pair, and a kid that names another key', async () => {
    const header = { alg: 'RS256', typ: 'JWT' }
    const strange = forge(header, goodPayload, otherPair.privateKey)
    await refusal(() => rs256.verify(strange), 'TOKEN_SIGNATURE_WRONG')
    const elsewhere = forge({ ...header, kid: 'old' }, goodPayload, pair.privateKey)
    await refusal(() => rs256.verify(elsewhere), 'TOKEN_KEY_UNKNOWN')
    const unnamed = forge(header, goodPayload, pair.privateKey)
    expect(await rs256.verify(unnamed)).toMatchObject(grant)
  })
})

describe('attacks on an ES256 verifier', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const es256 = new AccessTokenIssuer({ privateKey: ec.privateKey }, { nowMs })
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

  test('the public key as an HMAC secret, and an RSA key beside it', async () => {
    const pem = publicPem(ec.publicKey)
    await refusal(() => es256.verify(forge(goodHeader, goodPayload, pem)), 'TOKEN_ALGORITHM_WRONG')
    const rsa = forge({ alg: 'RS256', typ: 'JWT' }, goodPayload, pair.privateKey)
    await refusal(() => es256.verify(rsa), 'TOKEN_ALGORITHM_WRONG')
    const both = [publicPem(pair.publicKey), secret]
    expect(await es256.verifyWithFallback(rsa, both)).toMatchObject(grant)
    const confused = forge({ alg: 'ES256', typ: 'JWT' }, goodPayload, pair.privateKey)
    await refusal(() => es256.verifyWithFallback(confused, both), 'TOKEN_SIGNATURE_WRONG')
  })

  test('the other spelling of its signature, which anybody can write', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { token } = await es256.sign({ ...grant, jti: `challenge-${round}` })
      expect(await es256.verify(token)).toMatchObject({ jti: `challenge-${round}` })
      const [header, payload, text = ''] = token.split('.')
      const signature = Buffer.from(text, 'base64url')
      const s = order - BigInt(`0x${signature.subarray(32).toString('hex')}`)
      signature.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32)
      const other = `${header}.${payload}.${signature.toString('base64url')}`
      await expect(compactVerify(other, ec.publicKey)).resolves.toBeDefined()
      await refusal(() => es256.verify(other), 'TOKEN_SIGNATURE_WRONG')
    }
  })
})

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ~'

describe('a token with any one character changed is refused', () => {
  test('HS256: every position, every character', async () => {
    const { token } = await issuerAt().sign(grant)
    await expectNoMutantPasses(token, issuerAt(), () => alphabet)
  })

  test('RS256: every position, every third character; all of them in the last place', async () => {
    const rs256 = new AccessTokenIssuer(
      { algorithm: 'RS256', privateKey: pair.privateKey },
      { nowMs: () => startAtMs },
    )
    const { token } = await rs256.sign(grant)
    await expectNoMutantPasses(token, rs256, (at) =>
      at === token.length - 1 ? alphabet : [...alphabet].filter((_, i) => i % 3 === at % 3),
    )
  })

  test('a character dropped, doubled, or swapped with its neighbour', async () => {
    const { token } = await issuerAt().sign(grant)
    for (let at = 0; at < token.length; at++) {
      const [before, here, after] = [token.slice(0, at), token[at], token.slice(at + 1)]
      const swapped = `${before}${after.slice(0, 1)}${here}${after.slice(1)}`
      for (const mutant of [before + after, before + here + here + after, swapped])
        if (mutant !== token) expect(await passes(mutant, issuerAt()), `at ${at}`).toBe(false)
    }
  })
})

async function expectNoMutantPasses(
  token: string,
  verifier: AccessTokenIssuer,
  characters: (at: number) => Iterable<string>,
): Promise<void> {
  expect(await passes(token, verifier)).toBe(true)
  for (let at = 0; at < token.length; at++)
    for (const character of characters(at))
      if (character !== token[at]) {
        const mutant = token.slice(0, at) + character + token.slice(at + 1)
        if (await passes(mutant, verifier)) throw new Error(`"${character}" at ${at} passes`)
      }
}

async function passes(token: string, verifier: AccessTokenIssuer): Promise<boolean> {
  return verifier.verify(token).then(
    () => true,
    () => false,
  )
}
