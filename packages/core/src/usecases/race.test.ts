import { expect, test } from 'vitest'
import { checkInvariants } from '../testing/checkInvariants.ts'
import { codeOf, createBuyer } from '../testing/createBuyer.ts'
import {
  createTestWorld,
  startProcess,
  type TestProcess,
  type TestWorld,
} from '../testing/createTestContext.ts'
import { refundPass, settleDown } from '../testing/settleDown.ts'
import { recover } from './recover.ts'

const SEEDS = 400

/** A small generator (mulberry32): the same seed is the same schedule, on every machine. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** The same port, each call begun and answered after a random number of other people's turns. */
function jitter<port extends object>(port: port, random: (below: number) => number): port {
  const wait = async (): Promise<void> => {
    for (let turns = random(12); turns > 0; turns -= 1) await Promise.resolve()
  }
  return new Proxy(port, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property)
      if (typeof member !== 'function' || /^(canSignFor|refundNonce)$/.test(String(property)))
        return member
      return async (...given: unknown[]) => {
        await wait()
        const result = await member.apply(target, given)
        await wait()
        return result
      }
    },
  })
}

async function race(
  seed: number,
): Promise<{ readonly problems: readonly string[]; codes: string[] }> {
  const random = createRandom(seed)
  const world = createTestWorld()
  const slow: TestWorld = {
    ...world,
    store: jitter(world.store, random),
    chain: jitter(world.chain, random),
    settler: jitter(world.settler, random),
    payout: jitter(world.payout, random),
    issuer: jitter(world.issuer, random),
  }
  const settings = { settleWaitMs: 0, deliveryWaitMs: 200, refundMinAgeMs: 0 }
  const start = (): TestProcess => startProcess(slow, { settings })
  const buyer = createBuyer(world)
  const challenge = await buyer.issue(start().engine)
  const { challengeId } = challenge
  const authorization = buyer.sign(challenge)
  for (const mood of [random(3), random(3)])
    world.issuer.next.push((['issue', 'fail', 'unknown'] as const)[mood] ?? 'issue')
  world.settler.next.push((['submit', 'unknown', 'lose-reply'] as const)[random(3)] ?? 'submit')
  world.payout.next.push((['submit', 'unknown', 'lose-reply'] as const)[random(3)] ?? 'submit')

  const codes: string[] = []
  const present = async (signed = authorization): Promise<void> => {
    codes.push(codeOf(await buyer.pay(start().engine, challengeId, signed)))
  }
  const worker = async (): Promise<void> => {
    world.ledger.mine(3)
    world.clock.advance(1 + random(4) * 2_500)
    const { ctx, refunds } = start()
    await recover(ctx, { limit: 10 })
    await refundPass(refunds, 0)
  }
  const cancel = async (): Promise<void> => {
    await start()
      .engine.cancel(challengeId)
      .catch(() => undefined)
  }
  const parts = [present, present, () => present(buyer.sign(challenge)), worker, worker]
  if (random(3) === 0) parts.push(cancel)
  await Promise.all(parts.map((part) => part()))
  await Promise.all(parts.slice(0, 4).map((part) => part()))
  const midway = await checkInvariants(world)
  const open = await settleDown(world, start)
  const unsettled = open.map(({ state }) => `I8: a challenge stays ${state}`)
  return { problems: [...midway, ...(await checkInvariants(world)), ...unsettled], codes }
}

test('buyers, recovery, refunds and cancellation in any order keep every promise', async () => {
  const broken: string[] = []
  const seen = new Map<string, number>()
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { problems, codes } = await race(seed)
    broken.push(...problems.map((problem) => `seed ${seed}: ${problem}`))
    for (const code of codes) seen.set(code, (seen.get(code) ?? 0) + 1)
  }
  process.stdout.write(`${SEEDS} schedules: ${JSON.stringify(Object.fromEntries(seen))}\n`)
  expect(broken).toEqual([])
  // The schedules are worth something only when they end differently.
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining(['DELIVERED', 'DELIVERY_FAILED', 'CHALLENGE_CANCELLED']),
  )
  // Nobody whose authorization may be live, or did pay, was ever told to sign another one.
  for (const code of ['PAYER_PROOF_REQUIRED', 'FUNDS_INSUFFICIENT', 'AUTHORIZATION_USED'])
    expect(seen.has(code)).toBe(false)
}, 60_000)
