import { createMint, createSteeredClock } from '@key0/conformance/store'
import type { ChallengeRecord, ChallengeStore } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { expect, test } from 'vitest'
import { encryptStore } from './encryptStore.ts'

const [first, second] = ['1f'.repeat(32), Buffer.alloc(32, 7).toString('base64')] as const
const clock = createSteeredClock()
const openMemory = () => createMemoryStore({ clock })
const secrets = ['canary-token', 'canary-key', 'canary-cookie', 'Y2FuYXJ5', 'beefed'] as const

/** Two sales with everything secret in them: one of a plan, one of a request. */
async function sell(store: ChallengeStore, mint = createMint(clock)) {
  const ids: string[] = []
  for (const kind of ['plan', 'request'] as const) {
    const { base, pay } = mint()
    const { challengeId: id } = base
    const payment = pay()
    ids.push(id)
    await store.create(base, { key: `create ${id}` })
    const intent = payment.intent()
    const signature = `0x${'beefed'.repeat(21)}beef` as const
    const authorization = { ...intent.authorization, signature }
    await store.reserve(id, { ...intent, authorization }, { key: `reserve ${id}` })
    const paid = payment.paid({ intent: { ...intent, authorization, stage: 'PAID' } })
    await store.settle(id, intent.paymentRef, paid, { key: `settle ${id}` })
    const bought =
      kind === 'plan'
        ? {
            accessGrant: {
              ...{ type: 'AccessGrant' as const, challengeId: id, requestId: base.requestId },
              ...{ resourceId: base.resourceId, planId: base.planId, tokenType: 'Bearer' },
              ...{ accessToken: 'canary-token', txHash: paid.txHash },
              credential: { apiKey: 'canary-key', nested: [1, null] },
            },
          }
        : {
            response: {
              status: 200,
              headers: [['set-cookie', 'canary-cookie']] as const,
              body: 'Y2FuYXJ5',
            },
          }
    const fields = { ...bought, deliveredAt: new Date(clock.nowMs()) }
    const move = { id, from: 'PAID', to: 'DELIVERED', key: `deliver ${id}`, fields } as const
    const outcome = await store.transition(move)
    expect(outcome.kind).toBe('applied')
  }
  return ids
}

const read = async (store: ChallengeStore, ids: readonly string[]): Promise<string> => {
  const found = await Promise.all(ids.map((id) => store.get(id)))
  return JSON.stringify(found, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
}

test('what is secret is not in the store, and comes out as it went in', async () => {
  const plain = openMemory()
  const store = encryptStore(plain, { keys: [first] })
  const ids = await sell(store)
  const written = await read(plain, ids)
  const opened = await read(store, ids)
  for (const secret of secrets) {
    expect(written).not.toContain(secret)
    expect(opened).toContain(secret)
  }
  const [plan, request] = await Promise.all(ids.map((id) => store.get(id)))
  expect(plan?.accessGrant?.credential).toEqual({ apiKey: 'canary-key', nested: [1, null] })
  expect(request?.response).toEqual({
    ...{ status: 200, body: 'Y2FuYXJ5' },
    headers: [['set-cookie', 'canary-cookie']],
  })
})

test('what an earlier deployment wrote in plain stays readable', async () => {
  const plain = openMemory()
  const ids = await sell(plain)
  const store = encryptStore(plain, { keys: [first] })
  expect(await read(store, ids)).toBe(await read(plain, ids))
})

test('during a rotation both keys open, and the first one closes', async () => {
  const plain = openMemory()
  const mint = createMint(clock)
  const old = await sell(encryptStore(plain, { keys: [first] }), mint)
  const rotating = encryptStore(plain, { keys: [second, first] })
  const fresh = await sell(rotating, mint)
  for (const secret of secrets) {
    expect(await read(rotating, old)).toContain(secret)
    expect(await read(rotating, fresh)).toContain(secret)
  }
  await expect(encryptStore(plain, { keys: [second] }).get(`${old[0]}`)).rejects.toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE' }),
  )
  const after = await read(encryptStore(plain, { keys: [second] }), fresh)
  expect(after).toContain('canary-token')
})

test('what was bought by one challenge does not open in another', async () => {
  const plain = openMemory()
  const keys = [first]
  const [id] = await sell(encryptStore(plain, { keys }))
  const stolen = await plain.get(`${id}`)
  const moved: ChallengeRecord | undefined = stolen && { ...stolen, challengeId: 'http-other' }
  const forged = { ...plain, get: async () => moved }
  await expect(encryptStore(forged, { keys }).get('http-other')).rejects.toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE' }),
  )
})

test('a list goes on past a record that cannot be opened', async () => {
  const plain = openMemory()
  const { base, pay } = createMint(clock)()
  const intent = pay().intent()
  const sealing = encryptStore(plain, { keys: [first] })
  await sealing.create(base, { key: 'create' })
  await sealing.reserve(base.challengeId, intent, { key: 'reserve' })
  const stranger = encryptStore(plain, { keys: [second] })
  const [found] = await stranger.due(new Date(clock.nowMs() + 1e9), 10)
  expect(found?.intent?.authorization.signature).toMatch(/^key0\.enc\.v1:/)
})

test.each([
  ['no key', []],
  ['a short one', ['ab']],
  ['words', ['correct horse battery staple correct horse']],
  ['too few bytes', [new Uint8Array(31)]],
])('%s is refused, and not repeated', (_, keys) => {
  const open = () => encryptStore(openMemory(), { keys })
  expect(open).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  expect(open).not.toThrow(/horse/)
})
