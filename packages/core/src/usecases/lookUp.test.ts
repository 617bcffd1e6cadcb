import { expect, test } from 'vitest'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { createBuyer } from '../testing/createBuyer.ts'
import { createTestContext } from '../testing/createTestContext.ts'
import { fakeSignature } from '../testing/fakeHash.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { resultProofMessage } from './payerProof.ts'

async function openSale() {
  const world = createTestContext()
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const authorization = buyer.sign(challenge)
  const buy = () => buyer.pay(world.engine, challenge.challengeId, authorization)
  return { ...world, buyer, challenge, authorization, buy }
}

/** What the wallet signs to be handed its result again. */
function signed(challenge: ChallengeRecord, signedAt: Date, by = fakeAccounts.buyer) {
  const message = resultProofMessage(challenge.challengeId, signedAt)
  return { kind: 'signature', signature: fakeSignature(by, message), signedAt } as const
}

test('whoever knows the id learns the state, and nobody else anything', async () => {
  const { engine, challenge, buy } = await openSale()
  const { challengeId } = challenge
  expect(await engine.lookUp(challengeId)).toMatchObject({
    challenge: { state: 'PENDING' },
    isPayer: false,
  })
  await buy()
  const looked = await engine.lookUp(challengeId)
  expect([looked.challenge.state, looked.isPayer]).toEqual(['DELIVERED', false])
  await expect(engine.lookUp('http-0123456789')).rejects.toThrow(
    expect.objectContaining({ code: 'CHALLENGE_UNKNOWN' }),
  )
})

test('the payer proves itself by what it paid with, by a new signature, or as a wallet', async () => {
  const { engine, challenge, authorization, buyer, clock, buy } = await openSale()
  await buy()
  const again = buyer.sign(challenge, { nonce: `0x${'77'.repeat(32)}` })
  const proofs = [
    { kind: 'authorization', authorization } as const,
    { kind: 'authorization', authorization: again } as const,
    signed(challenge, new Date(clock.nowMs())),
  ]
  for (const proof of proofs) {
    const looked = await engine.lookUp(challenge.challengeId, proof)
    expect(looked.isPayer).toBe(true)
    expect(looked.challenge.accessGrant).toBeDefined()
  }
})

test('an old signature, another wallet’s and another challenge’s open nothing', async () => {
  const { engine, challenge, clock, buyer, buy } = await openSale()
  await buy()
  const other = await buyer.issue(engine)
  const now = new Date(clock.nowMs())
  const old = new Date(clock.nowMs() - 300_001)
  const early = new Date(clock.nowMs() + 300_001)
  const proofs = [
    signed(challenge, old),
    signed(challenge, early),
    signed(challenge, now, fakeAccounts.stranger),
    signed(other, now),
  ]
  for (const proof of proofs)
    await expect(engine.lookUp(challenge.challengeId, proof)).rejects.toThrow(
      expect.objectContaining({ code: 'PAYER_PROOF_INVALID' }),
    )
  const stranger = buyer.sign(challenge, { from: fakeAccounts.stranger })
  const proof = { kind: 'authorization', authorization: stranger } as const
  await expect(engine.lookUp(challenge.challengeId, proof)).rejects.toThrow(
    expect.objectContaining({ code: 'REQUEST_CONFLICT' }),
  )
})

test('a proof for what nobody paid yet hands out nothing', async () => {
  const { engine, challenge, authorization } = await openSale()
  const proof = { kind: 'authorization', authorization } as const
  expect((await engine.lookUp(challenge.challengeId, proof)).isPayer).toBe(false)
})

test('a buyer who was not served follows the refund', async () => {
  const { engine, challenge, issuer, ctx, buy } = await openSale()
  issuer.mood = 'fail'
  await buy()
  const { challengeId: id } = challenge
  const waiting = await engine.lookUp(id)
  expect(waiting.refund).toEqual({
    status: 'waiting',
    notBefore: new Date((waiting.challenge.paidAt?.getTime() ?? 0) + ctx.settings.refundMinAgeMs),
  })
  await ctx.store.transition({ id, from: 'PAID', to: 'PAID', key: '1', fields: { held: 'why' } })
  expect((await engine.lookUp(id)).refund).toEqual({ status: 'held' })
  const move = { id, from: 'PAID', to: 'REFUND_PENDING', key: '2', fields: { held: undefined } }
  await ctx.store.transition(move as Parameters<typeof ctx.store.transition>[0])
  expect((await engine.lookUp(id)).refund?.status).toMatch(/in_progress|held/)
})
