import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { parseSecrets } from './secrets.ts'
import { signWebhook } from './signWebhook.ts'
import { verifyWebhook } from './verifyWebhook.ts'

const nowMs = 1_800_000_000_000
const at = { nowMs: () => nowMs }

const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString('base64')}`
const secrets = fc.uint8Array({ minLength: 24, maxLength: 64 }).map(secretOf)
const ids = fc.stringMatching(/^[!-\-/-~]{1,64}$/)
const bodies = fc.json()

const [secret, other] = [secretOf(Buffer.alloc(32, 1)), secretOf(Buffer.alloc(32, 2))]

function sign(by: string | readonly string[], body = '{"a":1}', atMs = nowMs, id = 'evt_1') {
  return { headers: { ...signWebhook(parseSecrets(by), { id, atMs, body }) }, body }
}

test('signature: what was signed is genuine, and any change to it is not', async () => {
  await fc.assert(
    fc.asyncProperty(secrets, ids, bodies, fc.nat(), async (by, id, body, place) => {
      const sent = sign(by, body, nowMs, id)
      const genuine = await verifyWebhook(sent, by, at)
      expect(genuine).toEqual({
        ...{ kind: 'genuine', id, sentAt: new Date(nowMs), payload: JSON.parse(body) },
      })
      const bytes = Buffer.from(body)
      const index = place % bytes.length
      bytes[index] = (bytes[index] ?? 0) ^ 1
      const changed = [
        { ...sent, body: bytes },
        { ...sent, headers: { ...sent.headers, 'webhook-id': `${id}x` } },
        { ...sent, headers: { ...sent.headers, 'webhook-timestamp': `${nowMs / 1000 - 1}` } },
      ]
      for (const each of changed)
        expect(await verifyWebhook(each, by, at)).toEqual({
          ...{ kind: 'refused', reason: 'no signature fits' },
        })
    }),
    { numRuns: 60 },
  )
})

test('tolerance: within it both ways a message is taken, beyond it refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: -1_000, max: 1_000 }),
      fc.integer({ min: 0, max: 900 }),
      async (ageSeconds, toleranceSeconds) => {
        const sent = sign(secret, '1', nowMs - ageSeconds * 1000)
        const verified = await verifyWebhook(sent, secret, { ...at, toleranceSeconds })
        const reason = ageSeconds > 0 ? 'too old' : 'too far in the future'
        if (Math.abs(ageSeconds) <= toleranceSeconds) expect(verified.kind).toBe('genuine')
        else expect(verified).toEqual({ kind: 'refused', reason })
      },
    ),
  )
  expect((await verifyWebhook(sign(secret, '1', nowMs - 300_000), secret, at)).kind).toBe('genuine')
  expect((await verifyWebhook(sign(secret, '1', nowMs - 301_000), secret, at)).kind).toBe('refused')
})

test('rotation: a message is genuine exactly when sender and receiver share a secret', async () => {
  const pool = [1, 2, 3, 4].map((fill) => secretOf(Buffer.alloc(24, fill)))
  const pair = fc.subarray(pool, { minLength: 1, maxLength: 2 })
  await fc.assert(
    fc.asyncProperty(pair, pair, async (sender, receiver) => {
      const { kind } = await verifyWebhook(sign(sender), receiver, at)
      const isShared = sender.some((each) => receiver.includes(each))
      expect(kind).toBe(isShared ? 'genuine' : 'refused')
    }),
  )
})

test('the standardwebhooks library takes what we sign, by either secret, and we what it signs', async () => {
  await fc.assert(
    fc.asyncProperty(secrets, secrets, ids, bodies, async (first, second, id, body) => {
      fc.pre(first !== second)
      const now = Date.now()
      const { headers } = sign([first, second], body, now, id)
      for (const each of [first, second])
        expect(new Webhook(each).verify(body, headers)).toEqual(JSON.parse(body))
      const signature = new Webhook(second).sign(id, new Date(now), body)
      const theirs = { ...headers, 'webhook-signature': signature }
      const verified = await verifyWebhook({ headers: theirs, body }, [first, second])
      expect(verified.kind).toBe('genuine')
    }),
    { numRuns: 40 },
  )
})

test('a web Request, Headers, and headers in any case or listed are read alike', async () => {
  const { headers, body } = sign(secret)
  const request = new Request('https://shop.example/hook', { method: 'POST', headers, body })
  const upper = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
  )
  for (const each of [request, { headers: new Headers(headers), body }, { headers: upper, body }])
    expect((await verifyWebhook(each, secret, at)).kind).toBe('genuine')
})

test('what is no message at all is refused by its reason', async () => {
  const { headers, body } = sign(secret)
  const reason = async (changes: object, text = body): Promise<string> => {
    const received = { headers: { ...headers, ...changes }, body: text }
    const verified = await verifyWebhook(received, secret, at)
    return verified.kind === 'refused' ? verified.reason : verified.kind
  }
  expect(await reason({ 'webhook-id': undefined })).toBe('a header is missing')
  expect(await reason({ 'webhook-timestamp': '' })).toBe('a header is missing')
  expect(await reason({ 'webhook-signature': ['v1,a', 'v1,b'] })).toBe('a header is missing')
  expect(await reason({ 'Webhook-Signature': 'v1,b' })).toBe('a header is missing')
  expect(await reason({ 'webhook-timestamp': '1e9' })).toBe('the timestamp is no number')
  const [, signature = ''] = headers['webhook-signature'].split(',')
  expect(await reason({ 'webhook-signature': `v2,${signature}` })).toBe('no signature fits')
  expect(await reason({ 'webhook-signature': signature })).toBe('no signature fits')
  expect(await reason({ 'webhook-signature': `v1,x v1,${signature}` })).toBe('genuine')
  const many = `${'v1,x '.repeat(16)}v1,${signature}`
  expect(await reason({ 'webhook-signature': many })).toBe('no signature fits')
  expect(await verifyWebhook(sign(secret, 'no json'), secret, at)).toEqual({
    ...{ kind: 'refused', reason: 'the body is not JSON' },
  })
})

test.each([
  ['none', []],
  ['three', [secret, other, secretOf(Buffer.alloc(24, 3))]],
  ['one twice', [secret, secret]],
  ['no prefix', secret.slice(6)],
  ['23 bytes', secretOf(Buffer.alloc(23, 1))],
  ['65 bytes', secretOf(Buffer.alloc(65, 1))],
  ['no base64', `${secret.slice(0, -2)}!=`],
])('secrets that cannot be are refused without repeating them: %s', async (_, bad) => {
  const error = await verifyWebhook(sign(secret), bad, at).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(String(error)).not.toContain(secret.slice(6, 20))
})

test('a tolerance that cannot be is refused', async () => {
  const call = verifyWebhook(sign(secret), secret, { toleranceSeconds: Number.NaN })
  await expect(call).rejects.toThrow('toleranceSeconds')
})
