import { expect, test } from 'vitest'
import type { SeenTxStore } from '../ports/SeenTxStore.ts'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import { createTestContext, startProcess } from '../testing/createTestContext.ts'
import { fakeAccounts } from '../testing/mint.ts'
import { createEngine } from './createEngine.ts'

async function scene(options: Parameters<typeof createTestContext>[0] = {}) {
  const world = createTestContext(options)
  const buyer = createBuyer(world)
  const stranger = createBuyer(world, fakeAccounts.stranger)
  const challenge = await buyer.issue(world.engine)
  return { world, buyer, stranger, challenge, challengeId: challenge.challengeId }
}

test('a transfer the payer proves as theirs is delivered, again and again', async () => {
  const { world, buyer, challengeId } = await scene()
  const txHash = buyer.transfer(100_000n)
  for (const _ of [1, 2])
    expect(codeOf(await buyer.prove(world.engine, challengeId, txHash))).toBe('DELIVERED')
  expect([...world.issuer.asked.values()]).toEqual([1])
  expect(await checkInvariants(world)).toEqual([])
})

test('somebody else’s transfer cannot be presented', async () => {
  const { world, buyer, stranger, challengeId } = await scene()
  const txHash = buyer.transfer(100_000n)
  const answer = await stranger.prove(world.engine, challengeId, txHash)
  expect(codeOf(answer)).toBe('PAYER_PROOF_INVALID')
  const bare = world.engine.submitProof({ challengeId, txHash })
  await expect(bare).rejects.toMatchObject({
    code: 'PAYER_PROOF_REQUIRED',
    facts: { message: expect.stringContaining(challengeId) },
  })
  expect(await world.store.get(challengeId)).toMatchObject({ state: 'PENDING', version: 1 })
})

test('without binding a bare hash is enough', async () => {
  const { world, buyer, challengeId } = await scene({ settings: { proofBinding: 'none' } })
  const txHash = buyer.transfer(100_000n)
  const delivered = await world.engine.submitProof({ challengeId, txHash })
  expect(delivered.challenge.state).toBe('DELIVERED')
})

test('one transfer buys one challenge', async () => {
  const { world, buyer, challengeId } = await scene()
  const second = await buyer.issue(world.engine)
  const txHash = buyer.transfer(100_000n)
  await buyer.prove(world.engine, challengeId, txHash)
  const answer = await buyer.prove(world.engine, second.challengeId, txHash)
  expect(codeOf(answer)).toBe('PAYMENT_SPENT')
  expect(await checkInvariants(world)).toEqual([])
})

test('an authorization’s transfer cannot be presented again as a transaction', async () => {
  const { world, buyer, challenge, challengeId } = await scene()
  const second = await buyer.issue(world.engine)
  await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
  const txHash = world.ledger.transfers()[0]?.txHash ?? '0x'
  const answer = await buyer.prove(world.engine, second.challengeId, txHash)
  expect(codeOf(answer)).toBe('PAYMENT_SPENT')
  expect(codeOf(await buyer.prove(world.engine, challengeId, txHash))).toBe('DELIVERED')
})

test('a second transfer for a paid challenge is a conflict', async () => {
  const { world, buyer, challengeId } = await scene()
  await buyer.prove(world.engine, challengeId, buyer.transfer(100_000n))
  const answer = await buyer.prove(world.engine, challengeId, buyer.transfer(100_000n))
  expect(codeOf(answer)).toBe('REQUEST_CONFLICT')
})

test('while an authorization may still pay, a transfer is not taken', async () => {
  const { world, buyer, challenge, challengeId } = await scene()
  world.settler.mood = 'withhold'
  await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
  const answer = await buyer.prove(world.engine, challengeId, buyer.transfer(100_000n))
  expect(codeOf(answer)).toBe('SETTLEMENT_PENDING')
})

test.each([
  ['nothing', 'TRANSFER_NOT_FOUND'],
  ['less', 'TRANSFER_MISMATCH'],
  ['unmined', 'TRANSFER_NOT_FOUND'],
  ['silence', 'CHAIN_UNREACHABLE'],
  ['shallow', 'SETTLEMENT_PENDING'],
] as const)('a transaction of %s is answered %s', async (what, code) => {
  const settings =
    what === 'shallow' ? { finality: { payment: 'finalized', refund: 'finalized' } } : {}
  const { world, buyer, challengeId } = await scene({ settings } as never)
  world.ledger.autoMine = what !== 'unmined'
  world.chain.unreachable = what === 'silence'
  const sent = buyer.transfer(what === 'less' ? 99_999n : 100_000n)
  const txHash = what === 'nothing' ? (`0x${'0'.repeat(64)}` as const) : sent
  expect(codeOf(await buyer.prove(world.engine, challengeId, txHash))).toBe(code)
  expect(await world.store.get(challengeId)).toMatchObject({ state: 'PENDING', version: 1 })
})

test('a transfer older than its challenge, or later than its deadline, buys nothing', async () => {
  const { world, buyer, challengeId } = await scene()
  const early = buyer.transfer(100_000n)
  world.clock.advance(31_000)
  const second = await buyer.issue(world.engine)
  expect(codeOf(await buyer.prove(world.engine, second.challengeId, early))).toBe(
    'TRANSFER_OUTSIDE_WINDOW',
  )
  world.clock.advance(931_000)
  const late = buyer.transfer(100_000n)
  expect(codeOf(await buyer.prove(world.engine, challengeId, late))).toBe('TRANSFER_OUTSIDE_WINDOW')
})

test('blocks and our clock may disagree by the skew', async () => {
  const { world, buyer, challengeId } = await scene()
  world.clock.advance(925_000)
  const txHash = buyer.transfer(100_000n)
  expect(codeOf(await buyer.prove(world.engine, challengeId, txHash))).toBe('DELIVERED')
})

test('closed and unknown challenges take no transfer', async () => {
  const { world, buyer, challengeId } = await scene()
  await world.engine.cancel(challengeId)
  const txHash = buyer.transfer(100_000n)
  expect(codeOf(await buyer.prove(world.engine, challengeId, txHash))).toBe('CHALLENGE_CANCELLED')
  expect(codeOf(await buyer.prove(world.engine, 'http-none', txHash))).toBe('CHALLENGE_UNKNOWN')
})

test('a seller’s own replay store is asked first, and its own claim is success', async () => {
  const { world, buyer, challengeId } = await scene()
  const claims = new Map<string, string>()
  const seenTx: SeenTxStore = {
    markUsed: async (hash, id) => !claims.has(hash) && !!claims.set(hash, id),
    get: async (hash) => claims.get(hash),
  }
  const engine = createEngine({ ...world.ctx, seenTx })
  const [mine, theirs] = [buyer.transfer(100_000n), buyer.transfer(100_000n)]
  claims.set(theirs, 'a challenge of another deployment')
  expect(codeOf(await buyer.prove(engine, challengeId, theirs))).toBe('PAYMENT_SPENT')
  claims.set(mine, challengeId)
  expect(codeOf(await buyer.prove(engine, challengeId, mine))).toBe('DELIVERED')
  const next = await buyer.issue(engine)
  const third = buyer.transfer(100_000n)
  expect(codeOf(await buyer.prove(engine, next.challengeId, third))).toBe('DELIVERED')
  expect(claims.get(third)).toBe(next.challengeId)
})

test('a transfer that is not taken is not claimed in the seller’s replay store either', async () => {
  const { world, buyer, challenge, challengeId } = await scene()
  const claimed: string[] = []
  const seenTx: SeenTxStore = {
    markUsed: async (hash) => claimed.push(hash) > 0,
    get: async () => undefined,
  }
  world.settler.mood = 'withhold'
  await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
  const engine = createEngine({ ...world.ctx, seenTx })
  await buyer.prove(engine, challengeId, buyer.transfer(100_000n))
  expect(claimed).toEqual([])
})

test('a transfer racing with the payer’s authorization is told to wait, not "refunding"', async () => {
  const { world, buyer, challenge, challengeId } = await scene()
  const txHash = buyer.transfer(100_000n)
  world.settler.mood = 'withhold'
  const { isSignedBy } = world.chain
  world.chain.isSignedBy = async (...given) => {
    await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
    return isSignedBy(...given)
  }
  const answer = await buyer.prove(startProcess(world).engine, challengeId, txHash)
  expect(codeOf(answer)).toBe('SETTLEMENT_PENDING')
})

test('a transfer that lost to the payer’s authorization is a conflict, not "refunding"', async () => {
  const { world, buyer, challenge, challengeId } = await scene()
  const txHash = buyer.transfer(100_000n)
  const { isSignedBy } = world.chain
  world.chain.isSignedBy = async (...given) => {
    await buyer.pay(world.engine, challengeId, buyer.sign(challenge))
    return isSignedBy(...given)
  }
  const answer = await buyer.prove(startProcess(world).engine, challengeId, txHash)
  expect(codeOf(answer)).toBe('REQUEST_CONFLICT')
  expect(world.events).toContainEqual(expect.objectContaining({ name: 'alert' }))
})
