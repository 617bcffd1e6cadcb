import { Key0Error } from '@key0/core'
import { describe, expect, test } from 'vitest'
import { closedUrl, hang, hangUp, never, purchase, startBackend, status } from '../test/backend.ts'
import { sharedSecretAuth } from './auth/sharedSecretAuth.ts'
import { createRemoteRevoker, type RemoteRevokerOptions } from './createRemoteRevoker.ts'

const { challengeId, requestId, resourceId, planId, txHash, idempotencyKey } = purchase
/** A revoker that writes down how long it would wait between attempts. */
function revokerFor(url: string, options: Partial<RemoteRevokerOptions> = {}) {
  const slept: number[] = []
  const sleep = async (ms: number) => void slept.push(ms)
  return { slept, ...createRemoteRevoker({ url, sleep, ...options }) }
}
const request = { challengeId, requestId, resourceId, planId, txHash, idempotencyKey }

test('the backend is told which purchase, under the key that issuing used', async () => {
  await using backend = await startBackend(status(204))
  const auth = sharedSecretAuth('X-Internal-Auth', 's3cret')
  await revokerFor(backend.url, { auth }).revoke(request, never)
  expect(backend.seen).toHaveLength(1)
  const [{ method, headers, body } = expect.fail('no request')] = backend.seen
  expect(method).toBe('POST')
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'idempotency-key': idempotencyKey,
    'x-internal-auth': 's3cret',
  })
  expect(JSON.parse(body)).toEqual(request)
})

test('one lost answer and one refusal that passes: told a third time, the same', async () => {
  await using backend = await startBackend(hangUp, status(503), status(200, 'garbage'))
  const revoker = revokerFor(backend.url)
  await revoker.revoke(request, never)
  expect(revoker.slept).toEqual([250, 500])
  expect(backend.seen).toHaveLength(3)
  expect(new Set(backend.seen.map(({ body }) => body)).size).toBe(1)
  for (const { headers } of backend.seen) expect(headers['idempotency-key']).toBe(idempotencyKey)
})

describe('what is not known to be withdrawn rejects', () => {
  test.each([302, 404, 500])('answered %i to the end', async (code) => {
    await using backend = await startBackend(status(code, 's3cret'))
    const revoking = revokerFor(backend.url).revoke(request, never)
    await expect(revoking).rejects.toThrow(`the backend answered ${code}`)
    expect(backend.seen).toHaveLength(3)
  })

  test('nobody there', async () => {
    const revoking = revokerFor(await closedUrl()).revoke(request, never)
    await expect(revoking).rejects.toThrow('the connection failed (ECONNREFUSED)')
  })

  test('no answer in time', async () => {
    await using backend = await startBackend(hang)
    const revoker = revokerFor(backend.url, { timeoutMs: 50 })
    await expect(revoker.revoke(request, never)).rejects.toThrow('no answer within 50 ms')
  })

  test('the caller stops', async () => {
    await using backend = await startBackend(hang)
    const controller = new AbortController()
    const revoking = revokerFor(backend.url).revoke(request, controller.signal)
    await backend.whenSeen(1)
    controller.abort()
    await expect(revoking).rejects.toThrow('stopped by the caller')
    expect(backend.seen).toHaveLength(1)
  })
})

test.each([
  ['url', { url: 'http://user:s3cret@backend/' }],
  ['timeoutMs', { timeoutMs: 0 }],
])('a bad %s is refused when the revoker is made', (name, options) => {
  const make = () => createRemoteRevoker({ url: 'http://backend/', ...options })
  expect(make).toThrow(Key0Error)
  expect(make).toThrow(name)
  expect(make).not.toThrow('s3cret')
})
