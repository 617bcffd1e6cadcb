import { describe, expect, test } from 'vitest'
import { readCredential, readCredentialValue } from './readCredential.ts'

const nowMs = 1_800_000_000_000
const read = (value: unknown) =>
  readCredential({ text: JSON.stringify(value), mediaType: 'application/json' }, nowMs)
const bearer = (accessToken: string) => ({ accessToken, tokenType: 'Bearer' })

describe('an object with a token', () => {
  test('is read by these names, in this order', () => {
    const names = ['token', 'accessToken', 'access_token', 'apiKey', 'api_key', 'key']
    for (const [index, name] of names.entries()) {
      expect(read({ [name]: 't' })).toEqual(bearer('t'))
      const all = Object.fromEntries(
        names
          .slice(index)
          .map((each) => [each, each])
          .reverse(),
      )
      expect(read(all)?.accessToken).toBe(name)
    }
  })

  test('the type of token, when it is one', () => {
    expect(read({ token: 't', tokenType: 'DPoP' })?.tokenType).toBe('DPoP')
    expect(read({ token: 't', token_type: 'bearer' })).toEqual({
      accessToken: 't',
      tokenType: 'bearer',
    })
    for (const type of ['', 'a b', 'a\r\nx: 1', 7, null])
      expect(read({ token: 't', tokenType: type })?.tokenType).toBe('Bearer')
  })

  test('whatever else there is passes through whole', () => {
    const answer = { token: 't', scopes: ['read'], limits: { perDay: 5 } }
    expect(read(answer)).toEqual({ ...bearer('t'), credential: answer })
    expect(read({ token: 't', token_type: 'Bearer', expires_in: 5 })).not.toHaveProperty(
      'credential',
    )
  })

  test.each(['a b', 'a\r\nx-admin: 1', 'é', { id: 1 }, 7])(
    'a token that is %j cannot go into a header: the JSON is the credential',
    (token) => {
      const answer = { token }
      expect(read(answer)).toEqual({ ...bearer(JSON.stringify(answer)), credential: answer })
    },
  )

  test('a token named but absent: nothing was issued', () => {
    expect(read({ token: null })).toBeUndefined()
    expect(read({ apiKey: '', error: 'sold out' })).toBeUndefined()
    expect(read({ token: null, apiKey: 'k' })).toMatchObject({ accessToken: 'k' })
  })

  test('names an object inherits are not its own', () => {
    expect(read(JSON.parse('{"__proto__":{"token":"t"},"a":1}'))?.accessToken).not.toBe('t')
    expect(Object.getPrototypeOf({})).not.toHaveProperty('token')
  })
})

describe('when it ends', () => {
  test.each<[unknown, string | undefined]>([
    ['2027-01-15T08:00:00Z', '2027-01-15T08:00:00.000Z'],
    ['2027-01-15T08:00:00.5+02:00', '2027-01-15T06:00:00.500Z'],
    ['2027-01-15', '2027-01-15T00:00:00.000Z'],
    [1_800_000_000, '2027-01-15T08:00:00.000Z'],
    ['1800000000', '2027-01-15T08:00:00.000Z'],
    [1_800_000_000_000, '2027-01-15T08:00:00.000Z'],
    [99_999_999_999, '5138-11-16T09:46:39.000Z'],
    [100_000_000_000, '1973-03-03T09:46:40.000Z'],
    [1_800_000_000.9999, '2027-01-15T08:00:00.999Z'],
    // Local time of an unknown place, other calendars of the parser, no date, no instant.
    ['2027-01-15T08:00:00', undefined],
    ['March 7', undefined],
    ['2027-13-45', undefined],
    ['', undefined],
    [0, undefined],
    [-1, undefined],
    [1e300, undefined],
    [null, undefined],
    [{}, undefined],
  ])('expiresAt %j is %s', (value, expected) => {
    for (const name of ['expiresAt', 'expires_at'])
      expect(read({ token: 't', [name]: value })?.expiresAt?.toISOString()).toBe(expected)
  })

  test('an end that cannot be read costs nobody the token, and is passed through', () => {
    const answer = { token: 't', expiresAt: 'next Tuesday' }
    expect(read(answer)).toEqual({ ...bearer('t'), credential: answer })
  })

  test('a life in seconds', () => {
    const expiresAt = new Date(nowMs + 3_600_000)
    for (const value of [3_600, '3600'])
      expect(read({ token: 't', expires_in: value })).toEqual({ ...bearer('t'), expiresAt })
    expect(read({ token: 't', expires_in: 'soon' })).not.toHaveProperty('expiresAt')
    const both = { token: 't', expiresAt: '2027-01-15', expires_in: 5 }
    expect(read(both)?.expiresAt).toEqual(new Date('2027-01-15'))
  })
})

describe('other JSON', () => {
  test('is passed through, exactly as it was written', () => {
    const text = '{ "user": "u", "password": "p", "id": 12345678901234567890 }'
    const credential = readCredential({ text: `${text}\n`, mediaType: 'application/json' }, nowMs)
    expect(credential).toEqual({ ...bearer(text), credential: JSON.parse(text) })
  })

  test('a list, and a string', () => {
    expect(read(['a', 'b'])).toEqual({ ...bearer('["a","b"]'), credential: ['a', 'b'] })
    expect(read('t0ken')).toEqual(bearer('t0ken'))
    const vendor = { text: '{"key":"k"}', mediaType: 'application/vnd.shop+json' }
    expect(readCredential(vendor, nowMs)).toEqual(bearer('k'))
    expect(readCredential({ text: '{"key":"k"}', mediaType: '' }, nowMs)).toEqual(bearer('k'))
  })

  test.each([null, true, 7, {}, [], '', 'two words'])('%j is no credential', (value) => {
    expect(read(value)).toBeUndefined()
  })

  test('depth is limited, so that what is stored can be written again', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    const readText = (text: string) =>
      readCredential({ text, mediaType: 'application/json' }, nowMs)
    expect(readText(`[${nested(31)}]`)).toBeDefined()
    expect(readText(`[${nested(32)}]`)).toBeUndefined()
    expect(readText(nested(30_000))).toBeUndefined()
  })
})

describe('text', () => {
  test.each([
    ['t0ken', 'text/plain', 't0ken'],
    [' t0ken\r\n', '', 't0ken'],
    ['12345', 'text/plain', '12345'],
    ['12345', 'application/json', undefined],
    ['t0ken', 'application/json', undefined],
    ['t0ken', 'text/html', undefined],
    ['<html></html>', 'text/plain', undefined],
    ['OK then', 'text/plain', undefined],
    ['', 'text/plain', undefined],
    ['{"token":', 'text/plain', undefined],
  ])('%j as %j is %j', (text, mediaType, expected) => {
    expect(readCredential({ text, mediaType }, nowMs)?.accessToken).toBe(expected)
  })
})

describe('a value a function returned', () => {
  test('is read like an answer', () => {
    expect(readCredentialValue('t', nowMs)).toEqual(bearer('t'))
    const expiresAt = new Date(nowMs)
    expect(readCredentialValue({ token: 't', expiresAt }, nowMs)).toEqual({
      ...bearer('t'),
      expiresAt,
    })
  })

  test('is kept as plain data, apart from the function’s own object', () => {
    const own = { user: 'u', since: new Date(nowMs), hidden: undefined }
    expect(readCredentialValue(own, nowMs)?.credential).toEqual({
      user: 'u',
      since: '2027-01-15T08:00:00.000Z',
    })
  })

  test('is refused when it cannot be stored', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    const huge = { token: 't', more: 'x'.repeat(65_536) }
    for (const value of [undefined, null, cycle, { id: 1n }, () => 't', Symbol('t'), huge])
      expect(readCredentialValue(value, nowMs)).toBeUndefined()
  })
})
