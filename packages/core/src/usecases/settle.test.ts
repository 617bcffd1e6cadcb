import { expect, test } from 'vitest'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { asksToSign, codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { recover } from './recover.ts'

async function scene(options: Parameters<typeof createTestContext>[0] = {}) {
  const world = createTestContext(options)
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(world.engine)
  const { challengeId } = challenge
  const authorization = buyer.sign(challenge)
  const pay = async (signed = authorization, engine = world.engine) =>
    codeOf(await buyer.pay(engine, challengeId, signed))
  const state = async () => (await world.store.get(challengeId))?.state
  return { world, buyer, challenge, challengeId, authorization, pay, state }
}

test.each(['unknown', 'lose-reply'] as const)(
  'a submitter whose answer is "%s" decides nothing: the chain shows it paid',
  async (mood) => {
    const { world, pay } = await scene()
    world.settler.mood = mood
    expect(await pay()).toBe('DELIVERED')
    expect(await checkInvariants(world)).toEqual([])
  },
)

test.each(['refuse', 'withhold', 'fail-before-journal', 'fail-after-journal'] as const)(
  'after "%s" the buyer is told to wait, and recovery finishes the payment',
  async (mood) => {
    const { world, pay, state } = await scene()
    world.settler.next.push(mood)
    expect(await pay()).toBe('SETTLEMENT_PENDING')
    world.clock.advance(20_000)
    await recover(world.ctx, { limit: 10 })
    expect(await state()).toBe('PAID')
    expect(await pay()).toBe('DELIVERED')
    expect(world.ledger.transfers()).toHaveLength(1)
    expect(await checkInvariants(world)).toEqual([])
  },
)

test('a payment mined after the answer "pending" becomes PAID by recovery', async () => {
  const { world, pay, state } = await scene()
  world.ledger.autoMine = false
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  world.ledger.mine()
  await recover(world.ctx, { limit: 10 })
  expect(await state()).toBe('PAID')
  expect(world.settler.calls).toBe(1)
})

test('the buyer asks again with the same payload and finishes it without recovery', async () => {
  const { world, pay } = await scene()
  world.ledger.autoMine = false
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  world.ledger.mine()
  expect(await pay()).toBe('DELIVERED')
})

test('a second front-end brought it to the chain first: it is paid all the same', async () => {
  const { world, authorization, pay } = await scene()
  world.settler.next.push('withhold')
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  const front = world.ledger.prepare([{ kind: 'authorized', authorization }], 'front-runner')
  world.ledger.broadcast(front.hash)
  expect(await pay()).toBe('DELIVERED')
  expect(world.received[0]?.goods).toMatchObject({ txHash: front.hash })
})

test('cancelled between the check and the settlement: nothing is delivered, the buyer may pay again', async () => {
  const { world, buyer, challenge, authorization, pay } = await scene()
  const { from, nonce } = authorization
  world.settler.next.push('withhold')
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  world.ledger.broadcast(world.ledger.prepare([{ kind: 'cancel', from, nonce }], 'payer').hash)
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  world.ledger.mine(2)
  expect(await pay()).toBe('AUTHORIZATION_CANCELLED')
  expect(await pay(buyer.sign(challenge))).toBe('DELIVERED')
  expect(world.ledger.transfers()).toHaveLength(1)
})

test('the balance moved away before settlement: pending until dead, then it may be paid again', async () => {
  const { world, buyer, challenge, pay } = await scene()
  world.ledger.autoMine = false
  const away = { from: buyer.account, to: fakeAccounts.stranger, value: 1_000_000n }
  world.ledger.broadcast(world.ledger.prepare([{ kind: 'transfer', ...away }], 'away').hash)
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  world.ledger.mine()
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  world.clock.advance(601_000)
  world.ledger.mine()
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  world.ledger.mine(2)
  expect(await pay()).toBe('AUTHORIZATION_EXPIRED')
  world.ledger.fund(buyer.account, 100_000n)
  world.ledger.autoMine = true
  expect(await pay(buyer.sign(challenge))).toBe('DELIVERED')
})

test('a dead authorization after the deadline lets the challenge expire', async () => {
  const { world, pay, state } = await scene()
  world.settler.mood = 'withhold'
  await pay()
  world.clock.advance(901_000)
  await recover(world.ctx, { limit: 10 })
  expect(await state()).toBe('PENDING')
  world.ledger.mine(3)
  world.clock.advance(60_000)
  await recover(world.ctx, { limit: 10 })
  world.clock.advance(60_000)
  await recover(world.ctx, { limit: 10 })
  expect(await state()).toBe('EXPIRED')
})

test('an unreachable chain never makes a buyer sign again once an intent is open', async () => {
  const { world, buyer, challenge, challengeId, authorization, state } = await scene()
  const { submit } = world.settler
  world.settler.submit = async (...given) => {
    world.chain.unreachable = true
    return submit(...given)
  }
  for (const signed of [authorization, authorization, buyer.sign(challenge)]) {
    const answer = await buyer.pay(world.engine, challengeId, signed)
    expect(codeOf(answer)).toBe('SETTLEMENT_PENDING')
    expect(asksToSign(answer)).toBe(false)
    world.clock.advance(30_000)
  }
  await recover(world.ctx, { limit: 10 })
  expect(await state()).toBe('PENDING')
  world.chain.unreachable = false
  world.clock.advance(60_000)
  await recover(world.ctx, { limit: 10 })
  expect(await state()).toBe('PAID')
})

test('a nonce used for another transfer voids the intent and nothing is delivered', async () => {
  const { world, buyer, challenge, authorization, pay } = await scene()
  world.settler.next.push('withhold')
  await pay()
  const other = buyer.sign(challenge, { nonce: authorization.nonce, to: fakeAccounts.stranger })
  const call = { kind: 'authorized', authorization: other } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'elsewhere').hash)
  expect(await pay()).toBe('AUTHORIZATION_USED')
  expect(await pay(buyer.sign(challenge))).toBe('DELIVERED')
})

test('a payer who uses one nonce twice buys nothing, and a person is told what arrived instead', async () => {
  const { world, buyer, challenge, authorization, pay, state } = await scene()
  world.settler.next.push('withhold')
  await pay()
  // The same nonce, another value, and it is the payer who brings it to the chain.
  const other = buyer.sign(challenge, { nonce: authorization.nonce, value: 7n })
  const call = { kind: 'authorized', authorization: other } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'payer').hash)
  world.ledger.mine(3)
  world.clock.advance(20_000)
  await recover(world.ctx, { limit: 10 })
  expect(world.events).toContainEqual({
    name: 'alert',
    what: 'an authorization paid 7, not what it was presented for',
    challengeId: challenge.challengeId,
  })
  expect(await state()).toBe('PENDING')
  expect(world.received).toEqual([])
  // A payment for real still buys.
  expect(await pay(buyer.sign(challenge))).toBe('DELIVERED')
})

test('a payload mined before it reached us needs a fresh proof of the payer', async () => {
  const { world, buyer, challengeId, authorization, pay } = await scene()
  const call = { kind: 'authorized', authorization } as const
  const { hash } = world.ledger.prepare([call], 'earlier')
  world.ledger.broadcast(hash)
  expect(await pay()).toBe('PAYER_PROOF_REQUIRED')
  expect(codeOf(await buyer.prove(world.engine, challengeId, hash))).toBe('DELIVERED')
  expect(await checkInvariants(world)).toEqual([])
})

test('a use that a lagging node missed does not let a copied payload buy', async () => {
  const { world, buyer, challengeId, authorization, pay, state } = await scene()
  const call = { kind: 'authorized', authorization } as const
  const { hash } = world.ledger.prepare([call], 'earlier')
  world.ledger.broadcast(hash)
  world.chain.verify = async () => ({ kind: 'valid', head: world.ledger.head() })
  world.settler.mood = 'withhold'
  expect(await pay()).toBe('PAYER_PROOF_REQUIRED')
  expect(await state()).toBe('PENDING')
  expect(codeOf(await buyer.prove(world.engine, challengeId, hash))).toBe('DELIVERED')
  expect(await checkInvariants(world)).toEqual([])
})

test('when provably nothing was sent, the buyer is not kept waiting for it', async () => {
  const { world, pay } = await scene()
  world.settler.mood = 'refuse'
  const startedMs = world.clock.nowMs()
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  expect(world.clock.nowMs()).toBe(startedMs)
})

test('a payload cancelled before it reached us says so', async () => {
  const { world, authorization, pay } = await scene()
  const { from, nonce } = authorization
  world.ledger.broadcast(world.ledger.prepare([{ kind: 'cancel', from, nonce }], 'payer').hash)
  world.ledger.mine(3)
  expect(await pay()).toBe('AUTHORIZATION_CANCELLED')
})

test('nodes that disagree about a use are unreachable, not a reason to sign again', async () => {
  const { world, authorization, pay } = await scene()
  const call = { kind: 'authorized', authorization } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'earlier').hash)
  world.chain.observe = async () => ({ kind: 'unused' })
  expect(await pay()).toBe('CHAIN_UNREACHABLE')
})

test('a duplicate that meets the first one’s mined payment gets the grant, not a demand to sign', async () => {
  const { world, pay, authorization } = await scene()
  const other = startProcess(world).engine
  const { verify } = world.chain
  let raced = false
  world.chain.verify = async (...given) => {
    if (raced) return verify(...given)
    raced = true
    await pay(authorization, other)
    return verify(...given)
  }
  expect(await pay()).toBe('DELIVERED')
  expect(world.ledger.transfers()).toHaveLength(1)
})

test('a duplicate that meets the emptied account gets the grant, not "insufficient funds"', async () => {
  const { world, buyer, pay, authorization } = await scene()
  const rest = { from: buyer.account, to: fakeAccounts.stranger, value: 900_000n }
  world.ledger.broadcast(world.ledger.prepare([{ kind: 'transfer', ...rest }], 'rest').hash)
  const other = startProcess(world).engine
  let raced = false
  const { verify } = world.chain
  world.chain.verify = async (...given) => {
    if (raced) return verify(...given)
    raced = true
    await pay(authorization, other)
    return { kind: 'invalid', code: 'FUNDS_INSUFFICIENT', facts: {} }
  }
  expect(await pay()).toBe('DELIVERED')
})

test('a payment that arrived as the deadline passed is delivered, not called a refund', async () => {
  const { world, authorization, pay } = await scene()
  const other = startProcess(world).engine
  const { get } = world.store
  let raced = false
  const store = {
    ...world.store,
    get: async (id: string) => {
      const record = await get(id)
      if (!raced) {
        raced = true
        await pay(authorization, other)
        world.clock.advance(901_000)
      }
      return record
    },
  }
  const late = startProcess({ ...world, store }).engine
  expect(await pay(authorization, late)).toBe('DELIVERED')
})

test('a dead answer that lost to a paid record does not make the buyer sign again', async () => {
  const { world, authorization, challengeId, pay } = await scene()
  world.ledger.autoMine = false
  await pay()
  const other = startProcess(world).engine
  const { observe } = world.chain
  let raced = false
  world.chain.observe = async (query) => {
    if (raced) return observe(query)
    raced = true
    world.ledger.mine()
    await pay(authorization, other)
    return { kind: 'dead', cause: 'expired' }
  }
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  expect(await world.store.get(challengeId)).toMatchObject({ state: 'DELIVERED' })
})

test('a recovery of another chain’s gateway leaves our open payment alone', async () => {
  const { world, challengeId, pay } = await scene()
  world.settler.mood = 'withhold'
  await pay()
  const before = await world.store.get(challengeId)
  const chain = { ...world.chain, chainId: 8_453 }
  chain.observe = async () => ({ kind: 'dead', cause: 'expired' })
  world.clock.advance(60_000)
  await recover({ ...world.ctx, chain }, { limit: 10 })
  expect(await world.store.get(challengeId)).toEqual(before)
})

test('a reorganised front-run payment of a journalled carrier is not taken for an old one', async () => {
  const { world, pay } = await scene()
  world.ledger.mine(3)
  world.ledger.autoMine = false
  expect(await pay()).toBe('SETTLEMENT_PENDING')
  // The carrier is mined at a height below the one the intent was stored at.
  world.ledger.reorg(3, { requeue: true })
  world.ledger.mine()
  expect(await pay()).toBe('DELIVERED')
})
