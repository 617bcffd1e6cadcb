import { createBuyer, createTestContext } from '@key0/core/testing'
import { expect, test } from 'vitest'
import { alertDebts } from './alertDebts.ts'
import { runRefunds } from './runRefunds.ts'

/** Two buyers who paid and got nothing, five minutes ago. */
async function scene() {
  const world = createTestContext()
  const buyer = createBuyer(world)
  world.issuer.mood = 'fail'
  for (let made = 0; made < 2; made += 1) {
    const challenge = await buyer.issue(world.engine)
    await buyer.pay(world.engine, challenge.challengeId, buyer.sign(challenge))
  }
  world.ledger.mine(3)
  world.clock.advance(301_000)
  const told = new Map<string, number>()
  const alert = async (): Promise<readonly string[]> => {
    world.events.splice(0)
    await alertDebts(world.refunds, 300_000, told)
    return world.events.flatMap((event) => (event.name === 'alert' ? event.what : []))
  }
  return { world, alert }
}

const seller = expect.stringMatching(/^what 0x[0-9a-f]{40} owes cannot all be returned now: /)

test('a wallet that can pay what it owes is nobody’s worry', async () => {
  const { alert } = await scene()
  expect(await alert()).toEqual([])
})

test('a wallet that was swept while it owed is told, once an hour', async () => {
  const { world, alert } = await scene()
  const { destination: from } = (await world.store.due(new Date(8.64e15), 1, 'PAID'))[0] ?? {}
  if (!from) throw new Error('nothing is owed')
  // One refund could still be paid, both together could not.
  const call = { kind: 'transfer', from, to: `0x${'5e'.repeat(20)}`, value: 50_000n } as const
  world.ledger.broadcast(world.ledger.prepare([call], 'a sweep').hash)
  expect(await alert()).toEqual([seller])
  expect((await alert()).join()).toBe('')
  world.clock.advance(3_600_001)
  expect(await alert()).toContainEqual(seller)
})

test('an empty gas wallet and money owed for over an hour are told, and what is settled is not', async () => {
  const { world, alert } = await scene()
  world.payout.outOfGas = true
  expect(await alert()).toEqual([expect.stringMatching(/no gas$/)])
  await runRefunds(world.refunds)
  world.clock.advance(3_600_001)
  expect(await alert()).toEqual([
    expect.stringMatching(/have been due for over an hour$/),
    expect.stringMatching(/no gas$/),
  ])
  world.payout.outOfGas = false
  for (let passes = 0; passes < 3; passes += 1) {
    world.clock.advance(61_000)
    await runRefunds(world.refunds)
    world.ledger.mine(3)
  }
  world.clock.advance(3_600_001)
  expect(await alert()).toEqual([])
})
