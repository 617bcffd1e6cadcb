import { expect, test } from 'vitest'
import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { createMemoryStore } from '../memory/createMemoryStore.ts'
import type { AuthorizationQuery } from '../ports/Chain.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { asksToSign, codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { fakeAccounts, mintBase } from '../testing/mint.ts'
import { refundPass } from '../testing/settleDown.ts'
import { claimRefund } from './claimRefund.ts'
import { continueRefund } from './continueRefund.ts'
import { recover } from './recover.ts'

async function scene(options: Parameters<typeof createTestContext>[0] = {}) {
  const world = createTestContext(options)
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  const authorization = buyer.sign(challenge)
  const pay = async (signed = authorization, engine = world.engine) =>
    buyer.pay(engine, challengeId, signed)
  const read = async () => (await world.store.get(challengeId)) as ChallengeRecord
  return { world, buyer, challenge, challengeId, authorization, pay, read }
}

test('a facilitator that calls the payment used does not make its buyer sign a second one', async () => {
  const { world, authorization, pay } = await scene()
  world.settler.precheckAnswer = { kind: 'used', head: world.ledger.head() }
  const answer = await pay()
  expect(codeOf(answer)).toBe('CHAIN_UNREACHABLE')
  expect(asksToSign(answer)).toBe(false)
  // A facilitator may see a block earlier than our node does.
  const { verify } = world.chain
  const before = await verify(world.engine.offerOf((await scene()).challenge), authorization)
  world.chain.verify = async () => before
  const call = { kind: 'authorized', authorization } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'elsewhere').hash)
  expect(codeOf(await pay())).toBe('PAYER_PROOF_REQUIRED')
})

test('a cancellation that a reorganisation takes back leaves no payment without a record', async () => {
  const { world, buyer, authorization, pay, challenge, read } = await scene()
  const { from, nonce } = authorization
  world.settler.next.push('withhold')
  await pay()
  world.ledger.broadcast(world.ledger.prepare([{ kind: 'cancel', from, nonce }], 'payer').hash)
  for (const signed of [authorization, buyer.sign(challenge)]) {
    const answer = await pay(signed)
    expect(codeOf(answer)).toBe('SETTLEMENT_PENDING')
    expect(asksToSign(answer)).toBe(false)
  }
  world.ledger.reorg(1)
  world.clock.advance(20_000)
  await recover(world.ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PAID' })
  expect(world.ledger.transfers()).toHaveLength(1)
  expect(await checkInvariants(world)).toEqual([])
})

test('a payment that never reached us opens nothing once it is public', async () => {
  const { world, buyer, challenge, challengeId, pay } = await scene()
  expect(codeOf(await pay())).toBe('DELIVERED')
  // The payer brought a second authorization to the chain by itself: anybody can copy it now.
  const mined = buyer.sign(challenge)
  const call = { kind: 'authorized', authorization: mined } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'payer').hash)
  const stranger = createBuyer(world, fakeAccounts.stranger)
  expect(codeOf(await stranger.pay(world.engine, challengeId, mined))).toBe('AUTHORIZATION_USED')
})

test('a mined payment of another purchase does not hand a stranger this purchase’s grant', async () => {
  const { world, buyer, challenge, challengeId, pay } = await scene()
  expect(codeOf(await pay())).toBe('DELIVERED')
  const other = await buyer.issue(world.engine)
  const mined = buyer.sign(other)
  expect(codeOf(await buyer.pay(world.engine, other.challengeId, mined))).toBe('DELIVERED')
  const stranger = createBuyer(world, fakeAccounts.stranger)
  expect(codeOf(await stranger.pay(world.engine, challengeId, mined))).toBe('PAYMENT_SPENT')
  // A signature that bought nothing yet still proves its payer.
  expect(codeOf(await pay(buyer.sign(challenge)))).toBe('DELIVERED')
})

test('a buyer who asks again after a crash before the submission gets the goods in that request', async () => {
  const { world, pay, authorization, challengeId } = await scene()
  world.settler.next.push('fail-before-journal')
  // The process dies with the intent stored and nothing submitted.
  const dying = startProcess(world, { settings: { settleWaitMs: 0 } })
  expect(codeOf(await pay(authorization, dying.engine))).toBe('SETTLEMENT_PENDING')
  expect((await world.store.get(challengeId))?.intent?.submissions).toEqual([])
  expect(codeOf(await pay())).toBe('DELIVERED')
  expect(world.ledger.transfers()).toHaveLength(1)
})

test('a settlement that crashed before the submission is brought on by recovery within seconds', async () => {
  const { world, pay, authorization, read } = await scene()
  world.settler.next.push('fail-before-journal')
  const dying = startProcess(world, { settings: { settleWaitMs: 0 } })
  await pay(authorization, dying.engine)
  world.clock.advance(5_000)
  await recover(world.ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PAID' })
})

test('a crowd of unpaid challenges does not keep recovery from an open payment', async () => {
  const { world, buyer, challenge, pay, read } = await scene()
  for (let made = 0; made < 40; made += 1) await createBuyer(world).issue(world.engine)
  world.clock.advance(890_000)
  world.ledger.mine()
  world.settler.next.push('withhold')
  await pay(buyer.sign(challenge))
  await recover(world.ctx, { limit: 10 })
  world.clock.advance(61_000)
  await recover(world.ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PAID' })
})

test('another chain’s abandoned records do not keep recovery from an open payment', async () => {
  const { world, pay, read } = await scene()
  const paid = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const base = mintBase({ chainId: 1, createdAt: new Date(world.clock.nowMs() - 60_000) })
      await world.store.create(base, { key: world.newId() })
      return base.challengeId
    }),
  )
  const intent = async (id: string): Promise<void> => {
    const { signed, ref } = { signed: (await scene()).authorization, ref: `auth:1:${id}` as never }
    const open = { paymentRef: ref, authorization: signed, fingerprint: '', stage: 'OPEN' } as const
    const rest = { sinceBlock: 0n, submissions: [], createdAtMs: 0 }
    await world.store.reserve(id, { ...open, ...rest }, { key: world.newId() })
  }
  for (const id of paid) await intent(id)
  world.clock.advance(1_000)
  world.settler.next.push('withhold')
  await pay()
  world.clock.advance(30_000)
  await recover(world.ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PAID' })
  expect(await world.store.get(paid[0] ?? '')).toMatchObject({ state: 'PENDING' })
})

test('a held transfer that the chain shows again is released, and the money goes back', async () => {
  const { world, buyer, challenge, challengeId, read } = await scene()
  world.issuer.mood = 'fail'
  const txHash = buyer.transfer(challenge.amountRaw)
  await buyer.prove(world.engine, challengeId, txHash)
  world.ledger.reorg(1)
  world.clock.advance(901_000)
  await recover(world.ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PAID', held: 'its transfer was reorganised away' })
  world.ledger.broadcast(txHash)
  world.ledger.mine(3)
  world.clock.advance(61_000)
  await recover(world.ctx, { limit: 10 })
  expect((await read()).held).toBeUndefined()
  await refundPass(world.refunds)
  world.ledger.mine(3)
  world.clock.advance(61_000)
  await refundPass(world.refunds)
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
  expect(world.ledger.balanceOf(buyer.account)).toBe(1_000_000n)
})

test('a seller who restores a backup sees the refund that was paid already, not a stolen wallet', async () => {
  const { world, pay, read } = await scene()
  world.issuer.mood = 'fail'
  await pay()
  world.ledger.mine(3)
  world.clock.advance(301_000)
  const backup = await read()
  await refundPass(world.refunds)
  world.ledger.mine(3)
  await refundPass(world.refunds)
  expect(await read()).toMatchObject({ state: 'REFUNDED' })

  const store = createMemoryStore({ clock: world.clock })
  await store.create(backup, { key: 'restored' })
  const { paymentRef, txHash, intent } = backup
  if (!paymentRef || !txHash || !intent) throw new Error('the backup is of a paid record')
  const fields = { intent, txHash, paidAt: backup.paidAt, fromAddress: backup.fromAddress }
  await store.settle(backup.challengeId, paymentRef, fields as never, { key: 'again' })
  // As a real node does: an earlier use than the one asked about is not the one looked for.
  const observe = async (query: AuthorizationQuery) => {
    const sighting = await world.chain.observe(query)
    const early = 'evidence' in sighting && sighting.evidence.block.number < query.sinceBlock
    return early ? ({ kind: 'mismatch', facts: {} } as const) : sighting
  }
  const refunds = { ...world.refunds, store, chain: { ...world.chain, observe } }
  const claimed = await claimRefund(refunds, (await store.get(backup.challengeId)) as never, {})
  if (claimed.kind !== 'claimed') throw new Error(claimed.reason)
  expect(await continueRefund(refunds, claimed.record)).toMatchObject({ kind: 'refunded' })
  expect(world.ledger.transfers()).toHaveLength(2)
})

test('a payment that flickers is not given up by a worker that gives up at once', async () => {
  const { world, buyer, challenge, challengeId, read } = await scene()
  world.issuer.mood = 'fail'
  await buyer.prove(world.engine, challengeId, buyer.transfer(challenge.amountRaw))
  world.ledger.mine(3)
  world.clock.advance(301_000)
  const settings = { ...world.refunds.settings, giveUpAfterMs: 0 }
  const inspect = async () => ({ kind: 'absent' }) as const
  const chain = { ...world.chain, inspect }
  await refundPass({ ...world.refunds, settings, chain })
  expect((await read()).held).toBeUndefined()
  await refundPass({ ...world.refunds, settings })
  expect(await read()).toMatchObject({ state: 'REFUND_PENDING' })
})

test('a refund that another worker has just made is not called failed when the carrier refuses', async () => {
  const { world, pay, read } = await scene()
  world.issuer.mood = 'fail'
  await pay()
  world.ledger.mine(3)
  world.clock.advance(301_000)
  const settings = { ...world.refunds.settings, giveUpAfterMs: 0 }
  const { carry } = world.payout
  const payout = Object.assign(Object.create(world.payout), {
    // Another store's worker was faster, so that ours finds nothing left to carry.
    carry: async (request: Parameters<typeof carry>[0]) => {
      await carry(request, async () => {})
      return { kind: 'refused', reason: 'reverted' }
    },
  })
  await refundPass({ ...world.refunds, settings, payout })
  expect(await read()).toMatchObject({ state: 'REFUND_PENDING' })
  world.ledger.mine(3)
  await refundPass(world.refunds)
  expect(await read()).toMatchObject({ state: 'REFUNDED' })
})

test('a buyer whose payment was mined before its settlement is not charged for a second one', async () => {
  const { world, buyer, challenge, challengeId, authorization, pay } = await scene()
  // The node asked first is ahead of the one that looks for the use.
  const { verify } = world.chain
  world.chain.verify = async (...given) => {
    const verification = await verify(...given)
    if (verification.kind !== 'valid') return verification
    const { head } = verification
    return { kind: 'valid', head: { ...head, number: head.number + 5n } }
  }
  world.settler.next.push('withhold')
  await pay()
  const { hash } = world.ledger.prepare([{ kind: 'authorized', authorization }], 'front')
  world.ledger.broadcast(hash)
  world.clock.advance(3_000)
  expect(codeOf(await pay())).toBe('PAYER_PROOF_REQUIRED')
  expect(codeOf(await pay(buyer.sign(challenge)))).toBe('PAYER_PROOF_REQUIRED')
  expect(world.ledger.transfers()).toHaveLength(1)
  expect(codeOf(await buyer.prove(world.engine, challengeId, hash))).toBe('DELIVERED')
})

test('a payment whose payer never proves himself is held when its challenge ends, not forgotten', async () => {
  const { world, authorization, pay, read, challengeId } = await scene()
  const { verify } = world.chain
  world.chain.verify = async (...given) => {
    const verification = await verify(...given)
    if (verification.kind !== 'valid') return verification
    const { head } = verification
    return { kind: 'valid', head: { ...head, number: head.number + 5n } }
  }
  world.settler.next.push('withhold')
  await pay()
  const { hash } = world.ledger.prepare([{ kind: 'authorized', authorization }], 'front')
  world.ledger.broadcast(hash)
  world.clock.advance(3_000)
  expect(codeOf(await pay())).toBe('PAYER_PROOF_REQUIRED')
  world.ledger.mine(3)
  world.clock.advance(931_000)
  expect(await world.engine.inspect(challengeId)).toMatchObject({ state: 'PENDING' })
  await expect(world.engine.cancel(challengeId)).rejects.toMatchObject({
    code: 'CHALLENGE_NOT_CANCELLABLE',
  })
  await recover(world.ctx, { limit: 10 })
  expect(await read()).toMatchObject({ state: 'PAID', disposition: 'LATE', txHash: hash })
  expect((await read()).held).toBe('its payer never proved himself')
  expect(await checkInvariants(world)).toEqual([])
})

test('a challenge whose unproven payment was reorganised away for good ends like an unpaid one', async () => {
  const { world, authorization, pay, read } = await scene()
  const { verify } = world.chain
  world.chain.verify = async (...given) => {
    const verification = await verify(...given)
    if (verification.kind !== 'valid') return verification
    const { head } = verification
    return { kind: 'valid', head: { ...head, number: head.number + 5n } }
  }
  world.settler.next.push('withhold')
  await pay()
  const { hash } = world.ledger.prepare([{ kind: 'authorized', authorization }], 'front')
  world.ledger.broadcast(hash)
  world.clock.advance(3_000)
  expect(codeOf(await pay())).toBe('PAYER_PROOF_REQUIRED')
  world.ledger.reorg(1)
  for (let visit = 0; visit < 3; visit += 1) {
    world.clock.advance(931_000)
    world.ledger.mine(3)
    await recover(world.ctx, { limit: 10 })
  }
  expect(world.ledger.transfers()).toEqual([])
  expect(await read()).toMatchObject({ state: 'EXPIRED' })
})
