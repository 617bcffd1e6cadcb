import { expect, test, vi } from 'vitest'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { STRAY_SCOPE } from '../challenge/kindOf.ts'
import type { Resource } from '../challenge/Resource.ts'
import type { RevocationRequest } from '../ports/Revoker.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { refundPass } from '../testing/settleDown.ts'
import type { RefundContext } from './RefundContext.ts'
import { revokeIssued } from './revokeIssued.ts'

/** A plan whose issuing ended unknown, and a worker that can have it withdrawn. */
async function scene() {
  const world = createTestContext()
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  world.issuer.mood = 'unknown'
  await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
  const read = async (id = challengeId) => (await world.store.get(id)) as ChallengeRecord
  const asked: (RevocationRequest & { readonly stage: string | undefined })[] = []
  const refunds: RefundContext = {
    ...world.refunds,
    revoker: {
      revoke: async (request) => {
        const { refund } = await read(request.challengeId)
        asked.push({ ...request, stage: refund?.stage })
      },
    },
  }
  const pass = async (ctx: RefundContext = refunds, ms = 120_000) => {
    world.clock.advance(ms)
    world.ledger.mine(3)
    await refundPass(ctx)
    return read()
  }
  return { world, buyer, read, refunds, asked, pass }
}

test('what may have been issued is withdrawn under its key before the refund is signed', async () => {
  const { world, asked, refunds, pass, read } = await scene()
  const { challengeId, requestId, resourceId, planId, txHash } = await read()
  await pass(refunds, 301_000)
  const [idempotencyKey] = world.issuer.issued.keys()
  const request = { challengeId, requestId, resourceId, planId, txHash, idempotencyKey }
  expect(asked).toEqual([{ ...request, stage: 'INTENT' }])
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  expect(asked).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('a refund that is signed is sent again, and signed anew, without being revoked again', async () => {
  const { world, asked, refunds, pass } = await scene()
  world.payout.next.push('withhold', 'withhold')
  await pass(refunds, 301_000)
  expect(await pass()).toMatchObject({ refund: { stage: 'SENT' } })
  expect(world.payout.calls).toBe(2)
  await pass(refunds, 3_700_000)
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  expect(asked).toHaveLength(1)
})

test('a worker that dies after revoking is followed by one that revokes again', async () => {
  const { world, asked, refunds, pass } = await scene()
  const sign = vi.fn().mockRejectedValueOnce(new Error('the process died'))
  await pass({ ...refunds, payout: { ...world.payout, sign } }, 301_000)
  expect(asked).toHaveLength(1)
  await pass()
  expect(asked.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
    ...world.issuer.issued.keys(),
    ...world.issuer.issued.keys(),
  ])
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
})

test('a revocation that fails is told to a person and does not keep the money', async () => {
  const { world, refunds, pass, read } = await scene()
  const cause = new Error('the backend answered 500')
  const revoke = () => Promise.reject(cause)
  await pass({ ...refunds, revoker: { revoke } }, 301_000)
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  const { challengeId } = await read()
  const alerts = world.events.filter(({ name }) => name === 'alert')
  const what = expect.stringContaining('may still be good')
  expect(alerts).toEqual([{ name: 'alert', challengeId, what, cause }])
})

test('a revocation that hangs ends after ten seconds, and the refund goes on', async () => {
  const { world, refunds, pass } = await scene()
  const within = vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const controller = new AbortController()
    setImmediate(() => controller.abort(new Error('overdue')))
    return controller.signal
  })
  let stopped: AbortSignal | undefined
  const revoke = (_: RevocationRequest, signal: AbortSignal) => {
    stopped = signal
    return new Promise<void>(() => {})
  }
  await pass({ ...refunds, revoker: { revoke } }, 301_000)
  expect(within).toHaveBeenCalledWith(10_000)
  within.mockRestore()
  expect(stopped?.aborted).toBe(true)
  expect(await pass()).toMatchObject({ state: 'REFUNDED' })
  expect(world.events).toContainEqual(expect.objectContaining({ name: 'alert' }))
})

test('a single request, and a transfer that bought nothing, have nothing to withdraw', async () => {
  const { world, buyer, asked, refunds, pass, read } = await scene()
  const resource: Resource = { method: 'GET', path: '/photos/1', query: '' }
  const challenge = await buyer.ask(world, resource)
  world.backend.mood = 'fail'
  await buyer.payFor(world, challenge, buyer.sign(challenge), resource)
  for (let count = 0; count < 4; count += 1) await pass(refunds, 301_000)
  expect(await read(challenge.challengeId)).toMatchObject({ state: 'REFUNDED' })
  expect(asked.map(({ planId }) => planId)).toEqual(['basic'])
  const stray = { ...(await read()), scope: STRAY_SCOPE }
  await revokeIssued(refunds, stray)
  expect(asked).toHaveLength(1)
})
