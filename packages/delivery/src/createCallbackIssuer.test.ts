import { Key0Error } from '@key0/core'
import { expect, test } from 'vitest'
import { never, purchase } from '../test/backend.ts'
import { createCallbackIssuer } from './createCallbackIssuer.ts'

test('the function is told the purchase, and what it returns is the credential', async () => {
  const told: unknown[] = []
  const issuer = createCallbackIssuer(async (request) => {
    told.push(request)
    return { apiKey: 'k', plan: request.planId }
  })
  expect(await issuer.issue(purchase, never)).toEqual({
    kind: 'issued',
    credential: {
      accessToken: 'k',
      tokenType: 'Bearer',
      credential: { apiKey: 'k', plan: 'basic' },
    },
  })
  expect(told).toEqual([purchase])
  expect(issuer.worstCaseMs).toBe(10_000)
})

test('a function that is not async will do', async () => {
  const issued = await createCallbackIssuer(() => 't0ken').issue(purchase, never)
  expect(issued).toMatchObject({ kind: 'issued', credential: { accessToken: 't0ken' } })
})

test('throwing says that nothing was issued, and the message stays inside', async () => {
  const sync = createCallbackIssuer(() => {
    throw new TypeError('s3cret')
  })
  const reason = 'fetchResourceCredentials threw TypeError'
  expect(await sync.issue(purchase, never)).toEqual({ kind: 'failed', reason })
  const rejecting = createCallbackIssuer(() => Promise.reject('s3cret'))
  expect(await rejecting.issue(purchase, never)).toEqual({
    kind: 'failed',
    reason: 'fetchResourceCredentials threw a value',
  })
})

test('hanging is unknown; the function is told to stop, and failing later harms nobody', async () => {
  const controller = new AbortController()
  const issuer = createCallbackIssuer(
    (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          controller.abort()
          reject(new Error('late'))
        })
      }),
    { timeoutMs: 20 },
  )
  expect(await issuer.issue(purchase, never)).toEqual({
    kind: 'unknown',
    reason: 'no credential within 20 ms',
  })
  expect(controller.signal.aborted).toBe(true)
})

test('a value that is no credential is unknown: the function did its work', async () => {
  for (const value of [undefined, null, 7, '', 'two words', {}]) {
    const issued = await createCallbackIssuer(() => value).issue(purchase, never)
    expect(issued).toEqual({
      kind: 'unknown',
      reason: 'fetchResourceCredentials returned no credential',
    })
  }
})

test('stopped by the caller, before and during', async () => {
  let calls = 0
  const controller = new AbortController()
  const issuer = createCallbackIssuer(() => {
    calls += 1
    controller.abort()
    return new Promise(() => undefined)
  })
  expect((await issuer.issue(purchase, AbortSignal.abort())).kind).toBe('failed')
  expect(calls).toBe(0)
  expect(await issuer.issue(purchase, controller.signal)).toEqual({
    kind: 'unknown',
    reason: 'stopped by the caller',
  })
})

test('work that goes on after the credential was returned is not stopped', async () => {
  let signalGiven = never
  const issuer = createCallbackIssuer((_, signal) => {
    signalGiven = signal
    return 't0ken'
  })
  await issuer.issue(purchase, never)
  expect(signalGiven).not.toBe(never)
  expect(signalGiven.aborted).toBe(false)
})

test.each([0, -1, 0.5, 600_001, Number.NaN])('a timeoutMs of %s is refused', (timeoutMs) => {
  try {
    createCallbackIssuer(() => 't', { timeoutMs })
    expect.fail('accepted')
  } catch (error) {
    expect(Key0Error.is(error, 'CONFIG_INVALID')).toBe(true)
  }
})
