import { randomUUID } from 'node:crypto'
import { createSteeredClock } from '@key0/conformance/store'
import type { AccessGrant, RefundProgress, Resource, StoredResponse } from '@key0/core'
import { digestChallenge } from '@key0/delivery'
import { expect, test } from 'vitest'
import { adminRoutes } from '../src/admin/adminRoutes.ts'
import { type AdminRig, openAdminDesk } from './adminDesk.ts'

const resource: Resource = {
  ...{ method: 'POST', path: '/photos/7', query: 'of=canary-query' },
  bodyDigest: `0x${'d1'.repeat(32)}`,
}
const response: StoredResponse = { status: 200, headers: [], body: btoa('canary photo') }
const credential = { login: 'canary-login', nested: [{ word: 'canary "word" of a login' }] }

/** What whoever knows it takes something with, or learns what a buyer asked. */
const capabilities = [resource.query, `${resource.bodyDigest}`, `${response.body}`, '5a5a5a5a']

/** Where in the 512 bytes of an answer that are kept the ids begin: it is cut within one. */
const pads = [0, 440, 452, 464, 476, 488]

type Ids = { readonly challengeId: string; readonly requestId: string }

/** @returns the ids of a purchase that is paid, and what it may become */
async function pay({ store, mint }: AdminRig, bought: object = {}) {
  const ids = { challengeId: `http-${randomUUID()}`, requestId: randomUUID() }
  const { base, pay: sign } = mint({ ...ids, ...bought })
  const payment = sign()
  const { challengeId: id } = ids
  await store.create(base, { key: 'create' })
  await store.reserve(id, payment.intent(), { key: 'reserve' })
  const paid = payment.paid({ intent: payment.intent({ stage: 'PAID' }) })
  await store.settle(id, payment.paymentRef, paid, { key: 'settle' })
  return { ids, id, base, payment }
}

async function sellPlan(desk: AdminRig): Promise<Ids> {
  const { ids, id, base, payment } = await pay(desk)
  const { planId, resourceId } = base
  const accessGrant: AccessGrant = {
    ...{ type: 'AccessGrant', ...ids, planId, resourceId, txHash: payment.txHash },
    ...{ accessToken: JSON.stringify(credential, null, 1), tokenType: 'Bearer', credential },
  }
  const fields = { accessGrant, deliveredAt: new Date(desk.clock.nowMs()) }
  await desk.store.transition({ id, from: 'PAID', to: 'DELIVERED', fields, key: 'deliver' })
  return ids
}

async function sellRequest(desk: AdminRig): Promise<Ids> {
  const { ids, id } = await pay(desk, { resource, planId: 'photo' })
  const fields = { response, deliveredAt: new Date(desk.clock.nowMs()) }
  await desk.store.transition({ id, from: 'PAID', to: 'DELIVERED', fields, key: 'deliver' })
  return ids
}

async function hold(desk: AdminRig): Promise<Ids> {
  const { ids, id } = await pay(desk, { resource, planId: 'photo' })
  const reason = `the buyer of ${id} wrote to us about ${ids.requestId}`
  const move = { id, from: 'PAID', to: 'PAID', key: `hold ${id}`, actor: 'ada', reason } as const
  await desk.store.transition({ ...move, fields: { held: 'a person looks at it' } })
  return ids
}

async function refund(desk: AdminRig): Promise<Ids> {
  const { ids, id, base, payment } = await pay(desk)
  const progress: RefundProgress = {
    ...{ paymentRef: payment.paymentRef, sequence: 0, stage: 'SIGNED', chainId: base.chainId },
    ...{ token: base.token, from: base.destination, to: `0x${'b'.repeat(40)}` },
    ...{ value: base.amountRaw, nonce: '0x00', sinceBlock: 0n, carriers: [], attempts: 0 },
    ...{ signature: `0x${'5a'.repeat(65)}`, claimedAtMs: desk.clock.nowMs() },
  }
  const move = { id, from: 'PAID', to: 'REFUND_PENDING', key: 'claim' } as const
  const moved = await desk.store.transition({ ...move, fields: { refund: progress } })
  expect(moved.kind).toBe('applied')
  return ids
}

/** Every call of the operator's that looks, over everything that is there. */
async function listCalls(desk: AdminRig, ids: readonly string[]): Promise<readonly string[]> {
  const endpoints = (await desk.read('GET /endpoints')) as readonly { readonly endpoint: string }[]
  const events = await desk.store.events(0, 1_000)
  const calls: string[] = []
  for (const { method, path } of adminRoutes(desk)) {
    if (method !== 'GET') continue
    const named = !path.includes(':endpoint')
      ? [path]
      : endpoints.map(({ endpoint }) => path.replace(':endpoint', endpoint))
    for (const each of named)
      if (each.includes(':event'))
        for (const { sequence } of events) calls.push(each.replace(':event', `${sequence}`))
      else if (each.includes(':challenge'))
        for (const id of ids) calls.push(each.replace(':challenge', id))
      else calls.push(each)
  }
  return calls
}

test('an operator over HTTP can take nothing: no path answers with what claims a purchase', async () => {
  const backend = (url: string) => ({ backend: { url }, revocations: { url } })
  await using desk = await openAdminDesk(createSteeredClock(), { also: backend })
  const ids: Ids[] = []
  for (const sell of [sellPlan, hold, refund, ...pads.map(() => sellRequest)])
    ids.push(await sell(desk))
  // As a backend does that answers with what it was sent, of which the log keeps the first part.
  const left = [...pads]
  const say = (body: string): string => {
    const at = body.includes('PaidRequest') ? left.pop() : undefined
    return at === undefined ? body : `${'.'.repeat(at)}${body.slice(body.indexOf('http-'))}`
  }
  Object.assign(desk.receiver, { say, status: 400 })
  await desk.dispatcher.pass()

  const secrets = [
    // Nor the first half of one.
    ...ids.flatMap(({ challengeId, requestId }) => [
      challengeId.slice(0, 20),
      requestId.slice(0, 16),
    ]),
    ...[...capabilities, 'canary'],
  ]
  const challenges = ids.map(({ challengeId }) => challengeId)
  const calls = await listCalls(desk, challenges)
  expect(calls.filter((call) => call.endsWith('/attempts'))).toHaveLength(3)
  const answers: string[] = []
  for (const call of calls) {
    const response = await desk.ask(`GET ${call}`)
    const text = await response.text()
    // Of some moves of a challenge nobody is told.
    const isEvent = /deliveries\/\d+$/.test(call)
    expect(isEvent ? [200, 404] : [200], call).toContain(response.status)
    for (const secret of secrets) expect(text.includes(secret), `${call}: ${secret}`).toBe(false)
    answers.push(text)
  }
  const all = answers.join()
  for (const id of challenges) expect(all).toContain(digestChallenge(id).slice(0, 12))
  for (const told of ['AccessGrant', 'photos/7', 'the buyer of ', '......[redacted]'])
    expect(all).toContain(told)
})
