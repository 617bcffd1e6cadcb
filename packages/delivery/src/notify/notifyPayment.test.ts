import type { AccessGrant } from '@key0/core'
import { expect, test } from 'vitest'
import { type Answer, closedUrl, hang, purchase, startBackend, status } from '../../test/backend.ts'
import { sharedSecretAuth } from '../auth/sharedSecretAuth.ts'
import {
  type NotificationFailure,
  type NotifyPaymentOptions,
  notifyPayment,
  type PaymentFacts,
} from './notifyPayment.ts'

const grant: AccessGrant = {
  type: 'AccessGrant',
  challengeId: purchase.challengeId,
  requestId: purchase.requestId,
  resourceId: 'reports',
  planId: 'basic',
  accessToken: 't0ken',
  tokenType: 'Bearer',
  txHash: purchase.txHash,
}

const facts: PaymentFacts = {
  clientAgentId: 'agent-1',
  amount: '$0.10',
  amountRaw: 100_000n,
  asset: 'USDC',
  chainId: 84_532,
  fromAddress: purchase.fromAddress,
  paidAt: new Date(1_800_000_000_000),
}

/** Notifies once and resolves with the failure it reported. */
const failureOf = (options: NotifyPaymentOptions): Promise<NotificationFailure> =>
  new Promise((resolve) => notifyPayment({ ...options, onError: resolve })(grant, facts))

test('the backend is sent the grant, the auth header and a key that repeats', async () => {
  await using backend = await startBackend(status(204))
  const auth = sharedSecretAuth('X-Internal-Auth', 's3cret')
  const notify = notifyPayment({ url: backend.url, auth })
  expect(notify(grant)).toBeUndefined()
  await backend.whenSeen(1)
  notify(grant, facts)
  await backend.whenSeen(2)
  const [first, second] = backend.seen
  expect(JSON.parse(first?.body ?? '')).toEqual(grant)
  expect(JSON.parse(second?.body ?? '')).toEqual({
    ...grant,
    payment: { ...facts, amountRaw: '100000', paidAt: '2027-01-15T08:00:00.000Z' },
  })
  expect(first?.headers).toMatchObject({
    'content-type': 'application/json',
    'x-internal-auth': 's3cret',
    'idempotency-key': expect.stringMatching(/^payment-received-[\da-f]{64}$/),
  })
  expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key'])
})

test('the buyer waits for nothing: nothing is written or asked before the call returns', async () => {
  let asked = 0
  const asking = Promise.withResolvers<void>()
  const notify = notifyPayment({
    url: 'http://127.0.0.1:9/',
    auth: () => {
      asked += 1
      asking.resolve()
      return {}
    },
  })
  const slow = { toJSON: () => (asked += 1) }
  notify({ ...grant, credential: slow })
  expect(asked).toBe(0)
  await asking.promise
})

test.each([400, 404, 500, 302])('a backend that answers %i is reported once', async (code) => {
  await using backend = await startBackend(status(code, '{"secret":"s3cret"}'))
  expect(await failureOf({ url: backend.url })).toEqual({
    paid: grant,
    reason: `the backend answered ${code}`,
  })
  expect(backend.seen).toHaveLength(1)
})

test('a backend that is down, and one that hangs', async () => {
  expect((await failureOf({ url: await closedUrl() })).reason).toBe(
    'the connection failed (ECONNREFUSED)',
  )
  await using backend = await startBackend(hang)
  expect((await failureOf({ url: backend.url, timeoutMs: 50 })).reason).toBe(
    'no answer within 50 ms',
  )
})

test('a 2xx is enough, whatever its body does', async () => {
  const closed = Promise.withResolvers<void>()
  const endless: Answer = (response) => {
    response.on('close', () => closed.resolve())
    response.writeHead(200).flushHeaders()
  }
  const failures: NotificationFailure[] = []
  await using backend = await startBackend(endless)
  notifyPayment({ url: backend.url, onError: (failure) => failures.push(failure) })(grant)
  // The notifier closes the connection as soon as it has read the status.
  await closed.promise
  expect(failures).toEqual([])
})

test('nothing it meets is thrown: a broken fetch, grant or onError', async () => {
  const url = 'http://127.0.0.1:9/'
  const fetch = () => {
    throw new Error('s3cret')
  }
  expect((await failureOf({ url, fetch })).reason).toBe('the connection failed (no code)')
  const unstorable = { ...grant, credential: 1n }
  const failure = await new Promise<NotificationFailure>((resolve) =>
    notifyPayment({
      url,
      onError: (failure) => {
        // An unhandled rejection of this would fail the run.
        setImmediate(resolve, failure)
        throw new Error('the log is full')
      },
    })(unstorable),
  )
  expect(failure.reason).toBe('the notification could not be made')
  notifyPayment({ url, fetch })(grant)
})

test('a bad address is refused at start', () => {
  expect(() => notifyPayment({ url: 'backend/internal' })).toThrow('url: expected an absolute')
})
