import type { ChallengeRecord } from '@key0/core'
import { createBuyer, createTestContext } from '@key0/core/testing'

/** Payments that bought nothing, old enough to go back, oldest first. */
export type Undelivered = {
  readonly world: ReturnType<typeof createTestContext>
  readonly ids: readonly string[]
  readonly read: (index: number) => Promise<ChallengeRecord>
  readonly readAll: () => Promise<readonly ChallengeRecord[]>
}

export async function sellUndelivered(count: number): Promise<Undelivered> {
  const world = createTestContext()
  const buyer = createBuyer(world)
  world.issuer.mood = 'fail'
  const ids: string[] = []
  for (let made = 0; made < count; made += 1) {
    const challenge = await buyer.issue(world.engine)
    await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
    world.clock.advance(1_000)
    ids.push(challenge.challengeId)
  }
  world.ledger.mine(3)
  world.clock.advance(301_000)
  const read = async (index: number) => (await world.store.get(ids[index] ?? '')) as ChallengeRecord
  const readAll = async () => await Promise.all(ids.map((_, index) => read(index)))
  return { world, ids, read, readAll }
}
