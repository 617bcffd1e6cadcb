import { gzipSync } from 'node:zlib'
import { Key0Error } from '@key0/core'
import { describe, expect, test } from 'vitest'
import {
  type Answer,
  type Backend,
  closedUrl,
  hang,
  hangUp,
  json,
  never,
  purchase,
  startBackend,
  startSocketServer,
  status,
} from '../test/backend.ts'
import type { AuthHeaderProvider } from './auth/AuthHeaderProvider.ts'
import { sharedSecretAuth } from './auth/sharedSecretAuth.ts'
import {
  createRemoteTokenIssuer,
  type RemoteTokenIssuerOptions,
} from './createRemoteTokenIssuer.ts'

const token = { token: 't0ken' }

/** An issuer that does not wait between attempts but writes down how long it would have. */
function issuerFor(url: string, options: Partial<RemoteTokenIssuerOptions> = {}) {
  const slept: number[] = []
  const sleep = async (ms: number) => void slept.push(ms)
  return { slept, ...createRemoteTokenIssuer({ url, sleep, ...options }) }
}

const keysOf = ({ seen }: Backend) => seen.map(({ headers }) => headers['idempotency-key'])

describe('the request', () => {
  test('is the purchase as JSON, with the key and the auth header', async () => {
    await using backend = await startBackend(json(token))
    const auth = sharedSecretAuth('X-Internal-Auth', 's3cret')
    const issued = await issuerFor(backend.url, { auth }).issue(purchase, never)
    expect(issued).toEqual({
      kind: 'issued',
      credential: { accessToken: 't0ken', tokenType: 'Bearer' },
    })
    const [{ method, path, headers, body } = expect.fail('no request')] = backend.seen
    expect([method, path]).toEqual(['POST', '/internal/issue-token'])
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': purchase.idempotencyKey,
      'x-internal-auth': 's3cret',
    })
    expect(JSON.parse(body)).toEqual({
      ...purchase,
      amountRaw: '9007199254740993',
      unitAmount: '$0.10',
    })
  })

  test('auth is asked for anew before every attempt', async () => {
    await using backend = await startBackend(status(503), json(token))
    let count = 0
    const auth = async () => ({ authorization: `Bearer ${++count}` })
    await issuerFor(backend.url, { auth }).issue(purchase, never)
    expect(backend.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer 1',
      'Bearer 2',
    ])
  })

  test.each<[string, AuthHeaderProvider]>([
    ['a line break in a value', () => ({ 'x-auth': 'a\r\nx-admin: 1' })],
    ['a line break in a name', () => ({ 'x-auth: 1\r\nx-admin': '1' })],
    ['another idempotency key', () => ({ 'Idempotency-Key': 'mine' })],
    ['another host', () => ({ Host: 'elsewhere' })],
    ['no object', () => null as unknown as Record<string, string>],
    ['a number', () => ({ 'x-auth': 7 }) as unknown as Record<string, string>],
    ['a throw', () => Promise.reject(new Error('s3cret'))],
  ])('auth headers with %s are never sent', async (_, auth) => {
    await using backend = await startBackend(json(token))
    const issued = await issuerFor(backend.url, { auth }).issue(purchase, never)
    const reason = 'the auth provider gave no usable headers (attempt 3 of 3)'
    expect(issued).toEqual({ kind: 'failed', reason })
    expect(backend.seen).toHaveLength(0)
  })

  test('an auth provider that hangs: nothing was sent, so nothing was issued', async () => {
    await using backend = await startBackend(json(token))
    const auth = () => new Promise<never>(() => undefined)
    const issuer = issuerFor(backend.url, { auth, timeoutMs: 20, retries: 0 })
    expect(await issuer.issue(purchase, never)).toMatchObject({ kind: 'failed' })
    expect(backend.seen).toHaveLength(0)
  })

  test.each(['', 'a b', 'a\r\nx-admin: 1', 'é', 'x'.repeat(256)])(
    'the idempotency key %j is never sent',
    async (idempotencyKey) => {
      await using backend = await startBackend(json(token))
      const issued = await issuerFor(backend.url).issue({ ...purchase, idempotencyKey }, never)
      expect(issued.kind).toBe('failed')
      expect(backend.seen).toHaveLength(0)
    },
  )
})

describe('attempts', () => {
  test('a backend that fails twice and then issues: one key, growing waits', async () => {
    await using backend = await startBackend(status(500), status(429), json(token))
    const issuer = issuerFor(backend.url)
    expect(await issuer.issue(purchase, never)).toMatchObject({ kind: 'issued' })
    expect(keysOf(backend)).toEqual(Array(3).fill(purchase.idempotencyKey))
    expect(new Set(backend.seen.map(({ body }) => body)).size).toBe(1)
    expect(issuer.slept).toEqual([250, 500])
  })

  test.each([500, 503, 429, 408, 425])('%i to the end is failed', async (code) => {
    await using backend = await startBackend(status(code, '{"secret":"s3cret"}'))
    const issued = await issuerFor(backend.url).issue(purchase, never)
    const reason = `the backend answered ${code} (attempt 3 of 3)`
    expect(issued).toEqual({ kind: 'failed', reason })
    expect(backend.seen).toHaveLength(3)
  })

  test.each([400, 401, 403, 404, 410, 422, 501])('%i is final at once', async (code) => {
    await using backend = await startBackend(status(code, '{"token":"no"}'), json(token))
    const issued = await issuerFor(backend.url).issue(purchase, never)
    const reason = `the backend answered ${code} (attempt 1 of 3)`
    expect(issued).toEqual({ kind: 'failed', reason })
    expect(backend.seen).toHaveLength(1)
  })

  test.each([409, 502, 504, 524])('after %i the credential may exist', async (code) => {
    await using backend = await startBackend(status(code))
    expect(await issuerFor(backend.url).issue(purchase, never)).toMatchObject({ kind: 'unknown' })
    expect(backend.seen).toHaveLength(3)
  })

  test('a refusal after a lost attempt does not undo what may have been issued', async () => {
    for (const answer of [status(400), status(500), status(404)]) {
      await using backend = await startBackend(hangUp, answer)
      const issued = await issuerFor(backend.url, { retries: 1 }).issue(purchase, never)
      expect(issued.kind).toBe('unknown')
    }
  })

  test('a backend that is down: nothing was issued', async () => {
    const issuer = issuerFor(await closedUrl())
    const reason = 'the connection failed (ECONNREFUSED) (attempt 3 of 3)'
    expect(await issuer.issue(purchase, never)).toEqual({ kind: 'failed', reason })
  })

  test('a connection closed before the request was read', async () => {
    await using server = await startSocketServer((socket) => socket.destroy())
    expect(await issuerFor(server.url).issue(purchase, never)).toMatchObject({ kind: 'unknown' })
    expect(server.connections()).toBe(3)
  })

  test('a connection closed after the request was read, then the answer', async () => {
    await using backend = await startBackend(hangUp, json(token))
    expect(await issuerFor(backend.url).issue(purchase, never)).toMatchObject({ kind: 'issued' })
    expect(keysOf(backend)).toEqual(Array(2).fill(purchase.idempotencyKey))
  })

  test('a backend that hangs, then answers the repetition', async () => {
    await using backend = await startBackend(hang, json(token))
    const issuer = issuerFor(backend.url, { timeoutMs: 200 })
    expect(await issuer.issue(purchase, never)).toMatchObject({ kind: 'issued' })
    expect(keysOf(backend)).toEqual(Array(2).fill(purchase.idempotencyKey))
  })

  test('a backend that always hangs', async () => {
    await using backend = await startBackend(hang)
    const issued = await issuerFor(backend.url, { timeoutMs: 100, retries: 1 }).issue(
      purchase,
      never,
    )
    const reason = 'no answer within 100 ms (attempt 2 of 2)'
    expect(issued).toEqual({ kind: 'unknown', reason })
    expect(backend.seen).toHaveLength(2)
  })

  test('the time is kept even when fetch ignores its signal', async () => {
    const fetch = () => new Promise<never>(() => undefined)
    const issuer = issuerFor('http://127.0.0.1:9/', { fetch, timeoutMs: 20, retries: 0 })
    expect(await issuer.issue(purchase, never)).toMatchObject({ kind: 'unknown' })
  })
})

describe('answers', () => {
  const once = (answer: Answer, options: Partial<RemoteTokenIssuerOptions> = {}) =>
    startBackend(answer).then(async (backend) => {
      await using server = backend
      const issued = await issuerFor(server.url, options).issue(purchase, never)
      return { issued, attempts: server.seen.length }
    })

  test.each<[string, Answer]>([
    ['204 and nothing', (response) => response.writeHead(204).end()],
    ['200 and nothing', status(200, '')],
    ['garbage', status(200, '\u0001\u0002 garbage', 'application/octet-stream')],
    ['broken JSON', status(200, '{"token": "t0k')],
    ['a web page', status(200, '<!doctype html><p>Log in', 'text/html; charset=utf-8')],
    ['bytes that are not UTF-8', (response) => response.end(Buffer.from('{"a":"\xff"}', 'latin1'))],
    ['a huge answer', status(200, JSON.stringify({ token: 'x'.repeat(70_000) }))],
    [
      'a compressed bomb',
      (response) =>
        response
          .writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
          .end(gzipSync(Buffer.alloc(20_000_000, 'x'))),
    ],
  ])(
    '2xx with %s: it may have been issued, and asking at once again is no use',
    async (_, answer) => {
      const { issued, attempts } = await once(answer)
      expect(issued.kind).toBe('unknown')
      expect(attempts).toBe(1)
    },
  )

  test('exactly 64 KiB is read, one byte more is not', async () => {
    const longest = 'x'.repeat(65_536)
    const read = await once(status(200, longest, 'text/plain'))
    expect(read.issued).toMatchObject({ kind: 'issued', credential: { accessToken: longest } })
    const refused = await once(status(200, `${longest}x`, 'text/plain'))
    expect(refused.issued).toMatchObject({
      kind: 'unknown',
      reason: 'the backend answered 200 with an answer over 65536 bytes (attempt 1 of 3)',
    })
  })

  test('a flood without end is cut off', async () => {
    let stopped: () => void = () => undefined
    const closed = new Promise<void>((resolve) => {
      stopped = resolve
    })
    const flood: Answer = (response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
      }
      response.on('drain', write).on('close', stopped)
      write()
    }
    await using backend = await startBackend(flood)
    expect(await issuerFor(backend.url).issue(purchase, never)).toMatchObject({ kind: 'unknown' })
    await closed
  })

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is not followed', async (code) => {
    await using elsewhere = await startBackend(json(token))
    const redirect: Answer = (response) =>
      response.writeHead(code, { location: elsewhere.url }).end()
    const { issued, attempts } = await once(redirect)
    expect(issued).toMatchObject({ kind: 'failed' })
    expect(attempts).toBe(1)
    expect(elsewhere.seen).toHaveLength(0)
  })

  test('a body that stops half way', async () => {
    const half: Answer = (response) => {
      response.writeHead(200, { 'content-length': '20', 'content-type': 'application/json' })
      response.write('{"token":', () => response.socket?.destroy())
    }
    const { issued, attempts } = await once(half)
    expect(issued).toMatchObject({ kind: 'unknown' })
    expect(attempts).toBe(3)
  })

  test('a body that drips one byte at a time is held to the timeout', async () => {
    const drips = new Set<NodeJS.Timeout>()
    const drip: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      drips.add(setInterval(() => response.write('x'), 10))
    }
    const { issued } = await once(drip, { timeoutMs: 150, retries: 0 })
    for (const timer of drips) clearInterval(timer)
    const reason = 'no answer within 150 ms (attempt 1 of 1)'
    expect(issued).toEqual({ kind: 'unknown', reason })
  })

  test('a token in plain text', async () => {
    const { issued } = await once(status(201, 'eyJhbGciOiJub25lIn0.e30.sig\n', 'text/plain'))
    const credential = { accessToken: 'eyJhbGciOiJub25lIn0.e30.sig', tokenType: 'Bearer' }
    expect(issued).toEqual({ kind: 'issued', credential })
  })

  test('expires_in counts from now', async () => {
    const nowMs = () => 1_800_000_000_000
    const { issued } = await once(json({ access_token: 'a', expires_in: 60 }), { nowMs })
    expect(issued).toMatchObject({ credential: { expiresAt: new Date(1_800_000_060_000) } })
  })
})

describe('the caller stops', () => {
  test('before the first attempt: nothing was issued', async () => {
    await using backend = await startBackend(json(token))
    const issued = await issuerFor(backend.url).issue(purchase, AbortSignal.abort())
    expect(issued).toEqual({
      kind: 'failed',
      reason: 'stopped by the caller (attempt 0 of 3)',
    })
    expect(backend.seen).toHaveLength(0)
  })

  test('while the backend works: it may have been issued', async () => {
    await using backend = await startBackend(hang)
    const controller = new AbortController()
    const issuing = issuerFor(backend.url).issue(purchase, controller.signal)
    await backend.whenSeen(1)
    controller.abort()
    expect(await issuing).toEqual({
      kind: 'unknown',
      reason: 'stopped by the caller (attempt 1 of 3)',
    })
    expect(backend.seen).toHaveLength(1)
  })

  test('between attempts: the wait ends, and there is no further attempt', async () => {
    await using backend = await startBackend(status(503))
    const controller = new AbortController()
    const fetch: RemoteTokenIssuerOptions['fetch'] = async (url, init) => {
      const response = await globalThis.fetch(url, init)
      setImmediate(() => controller.abort())
      return response
    }
    const issuer = createRemoteTokenIssuer({
      url: backend.url,
      fetch,
      backoff: () => 600_000,
    })
    expect(await issuer.issue(purchase, controller.signal)).toMatchObject({ kind: 'failed' })
    expect(backend.seen).toHaveLength(1)
  })
})

describe('settings', () => {
  test('worstCaseMs is attempts times the timeout, and the waits', () => {
    const url = 'http://127.0.0.1/'
    expect(createRemoteTokenIssuer({ url }).worstCaseMs).toBe(30_750)
    const options = { url, timeoutMs: 7, retries: 3, backoff: (retry: number) => retry }
    expect(createRemoteTokenIssuer(options).worstCaseMs).toBe(34)
    expect(createRemoteTokenIssuer({ url, retries: 0 }).worstCaseMs).toBe(10_000)
  })

  test.each<[string, Partial<RemoteTokenIssuerOptions>]>([
    ['url', { url: '' }],
    ['url', { url: '/internal/issue-token' }],
    ['url', { url: 'ftp://backend/' }],
    ['url', { url: 'http://user:s3cret@backend/' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['timeoutMs', { timeoutMs: 1.5 }],
    ['timeoutMs', { timeoutMs: 600_001 }],
    ['retries', { retries: -1 }],
    ['retries', { retries: Number.NaN }],
    ['retries', { retries: 11 }],
    ['backoff(1)', { backoff: () => -1 }],
    ['backoff(1)', { backoff: () => Number.POSITIVE_INFINITY }],
  ])('a bad %s is refused when the issuer is made: %j', (name, options) => {
    const error = thrownBy(() => createRemoteTokenIssuer({ url: 'http://backend/', ...options }))
    expect(Key0Error.is(error, 'CONFIG_INVALID') && Object.keys(error.facts)).toEqual([name])
    expect(String(error)).not.toContain('s3cret')
  })

  test.each([
    ['X-Auth', ''],
    ['X-Auth', 'a\r\nx: 1'],
    ['X-Auth', ' a'],
    ['X-Auth', 'sécret'],
    ['X Auth', 'secret'],
    ['Content-Length', '7'],
    ['Transfer-Encoding', 'chunked'],
  ])('sharedSecretAuth(%j, %j) is refused', (name, secret) => {
    expect(
      Key0Error.is(
        thrownBy(() => sharedSecretAuth(name, secret)),
        'CONFIG_INVALID',
      ),
    ).toBe(true)
  })
})

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
