import type { ChallengeRecord } from '@key0/core'
import { expect, test } from 'vitest'
import { audit } from '../crash/audit.ts'
import type { Buyer } from '../crash/createBuyer.ts'
import { createRandom } from '../crash/random.ts'
import { price, startScene } from '../crash/startScene.ts'

const kills = Number(process.env.KEY0_CRASH_KILLS ?? 20)
const seed = Number(process.env.KEY0_CRASH_SEED ?? Date.now() % 1_000_000)
/** What is paid and not delivered goes back while its buyer still asks for it. */
const quick = { REFUND_MIN_AGE_MS: '500' }

const isOpen = ({ state, intent }: ChallengeRecord): boolean =>
  ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'].includes(state) ||
  (state === 'PENDING' && intent?.stage === 'OPEN')

/** Buys again and again, and insists on an answer to everything it paid for. */
async function shop(buyer: Buyer, isOver: () => boolean): Promise<readonly number[]> {
  const statuses: number[] = []
  while (!isOver()) {
    const purchase = buyer.buy()
    const first = await purchase.first
    if (!purchase.isSigned()) {
      // Nobody was there to name a price.
      await new Promise((done) => setTimeout(done, 50))
      continue
    }
    statuses.push(first?.status === 200 ? 200 : (await purchase.insist()).status)
  }
  return statuses
}

test(`${kills} kills at random moments, with four buyers at once and a backend that fails`, async () => {
  const random = createRandom(seed)
  await using scene = await startScene({ buyers: 4 })
  await scene.chain.intervalMining(1)
  scene.backend.setMode(() => {
    const dice = random()
    return dice < 0.7 ? 'ok' : dice < 0.85 ? 'fail' : 'hold'
  })
  await scene.start(quick)
  let isOver = false
  const shopping = scene.buyers.map((buyer) => shop(buyer, () => isOver))

  const caught: string[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    await new Promise((done) => setTimeout(done, 100 + random() * 1_400))
    await scene.kill()
    caught.push(...scene.ledger().records().filter(isOpen).map(nameOf))
    await scene.start(quick)
  }
  isOver = true
  const statuses = (await Promise.all(shopping)).flat()
  await scene.untilAll((record) => !isOpen(record))
  await scene.kill()

  const accounts = await audit(scene)
  const received = scene.buyers.reduce((sum, buyer) => sum + buyer.received.size, 0)
  const kept = BigInt(accounts.payments - accounts.refunds) * price
  const before = scene.before.get(`${scene.chain.wallets.seller?.address}`.toLowerCase()) ?? 0n
  report({ seed, kills, ...accounts, received, caught, statuses })
  expect(accounts.payments).toBe(accounts.delivered + accounts.refunds)
  expect(
    await scene.chain.balanceOf(`${scene.chain.wallets.seller?.address}` as `0x${string}`),
  ).toBe(before + kept)
  expect(accounts.payments, 'something was sold between the kills').toBeGreaterThan(0)
  expect(caught.length, 'some kills hit a payment on its way').toBeGreaterThan(0)
  expect(statuses.filter((status) => status !== 200 && status !== 410)).toEqual([])
}, 180_000)

function nameOf({ state, refund }: ChallengeRecord): string {
  if (state === 'PENDING') return 'intent'
  return state === 'PAID' ? 'paid' : `refund ${refund?.stage}`
}

function report(figures: {
  readonly seed: number
  readonly kills: number
  readonly payments: number
  readonly refunds: number
  readonly delivered: number
  readonly received: number
  readonly caught: readonly string[]
  readonly statuses: readonly number[]
}): void {
  const { caught, statuses, seed, kills, payments, delivered, received, refunds } = figures
  const counts = { kills, payments, delivered, received, refunds }
  const tally = (of: readonly (string | number)[]): string =>
    [...Map.groupBy(of, (it) => it)].map(([it, all]) => `${it} x${all.length}`).join(', ')
  process.stdout.write(
    `seed ${seed}: ${JSON.stringify(counts)}; caught on their way: ${tally(caught)}; ` +
      `answers: ${tally(statuses)}\n`,
  )
}
