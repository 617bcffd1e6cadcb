import { afterAll, describe, expect, test, vi } from 'vitest'
import { audit } from '../crash/audit.ts'
import { price, walletOf } from '../crash/gatewayEnv.ts'
import { goShopping, isOnItsWay, stageOf, tally } from '../crash/goShopping.ts'
import { createRandom } from '../crash/random.ts'
import { type Fleet, type Member, startFleet } from '../crash/startFleet.ts'
import { stopServers } from '../src/servers.ts'

/*
 * A gateway and two refund workers under load, on Redis and on PostgreSQL, and a gateway alone on
 * the embedded store: again and again one of the processes is killed (kill -9) at a random moment,
 * or all of them at once. KEY0_CRASH_KILLS says how often on each store, KEY0_CRASH_SEED when.
 */
const given = process.env.KEY0_CRASH_KILLS
const seed = Number(process.env.KEY0_CRASH_SEED ?? Date.now() % 1_000_000)
const fleets = [
  { store: 'redis', workers: 2, kills: Number(given ?? 10) },
  { store: 'postgres', workers: 2, kills: Number(given ?? 10) },
  { store: 'embedded', workers: 0, kills: Number(given ?? 4) },
] as const

const BUYERS = 6
const authorizationSeconds = 20
/** So many kills, and then a time without. */
const ROUND = 10
/** When every payment must have ended, after the last process is back. */
const PATIENCE_MS = 60_000
const most = Math.max(...fleets.map(({ kills }) => kills))

// Many kills take their time: one fleet at once has two cores for itself.
vi.setConfig({ testTimeout: 180_000 + most * 10_000, maxConcurrency: given ? 1 : fleets.length })
afterAll(stopServers)

describe.concurrent('killed at random moments, every payment ends delivered or refunded', () => {
  test.each(fleets)('$store, $workers workers, $kills kills', async ({ kills, ...options }) => {
    const env = { REFUND_MIN_AGE_MS: '2000', REFUND_INTERVAL_MS: '500' }
    await using fleet = await startFleet({ ...options, buyers: BUYERS, authorizationSeconds, env })
    const random = createRandom(seed)
    await fleet.chain.intervalMining(1)
    // What fails goes on failing, so that its money goes back; what hangs works the next time.
    const failing = new Map<string, boolean>()
    fleet.backend.setMode((key) => {
      const isNew = !failing.has(key)
      if (isNew) failing.set(key, random() < 0.4)
      if (failing.get(key)) return 'fail'
      return isNew && random() < 0.2 ? 'hold' : 'ok'
    })
    await startAll([fleet.gateway, ...fleet.workers])
    let isOver = false
    const shopping = Promise.all(fleet.buyers.map((buyer) => goShopping(buyer, () => isOver)))
    // A test that failed waits for nobody.
    shopping.catch(() => {})
    const struck: string[] = []
    const caught: string[] = []
    const settledMs: number[] = []
    for (let kill = 1; kill <= kills; kill += 1) {
      await new Promise((done) => setTimeout(done, 100 + random() * 1_400))
      const victims = choose(fleet, random)
      await Promise.all(victims.map((victim) => victim.process().kill()))
      struck.push(victims.length > 1 ? 'all' : `${victims[0]?.name}`)
      caught.push(...(await fleet.records()).filter(isOnItsWay).map(stageOf))
      await startAll(victims)
      // Now and then they are left alone: what was on its way then must end, while others buy.
      if (kill % ROUND === 0 || kill === kills) settledMs.push(await settle(fleet))
    }
    isOver = true
    const told = (await shopping).flat()
    await settle(fleet)
    await Promise.all([fleet.gateway, ...fleet.workers].map((it) => it.process().kill()))

    const { records, ...sums } = await audit(fleet)
    const slowestMs = Math.max(...settledMs)
    const figures = { store: options.store, seed, kills, ...sums, slowestMs }
    process.stdout.write(
      `${JSON.stringify(figures)}; killed: ${tally(struck)}; on their way then: ` +
        `${tally(caught)}; answers: ${tally(told.map(({ last }) => last))}\n`,
    )
    expect(sums.payments).toBe(sums.delivered + sums.refunds)
    const seller = walletOf(fleet.chain, 'seller').address
    const before = fleet.before.get(seller.toLowerCase()) ?? 0n
    const kept = BigInt(sums.delivered) * price
    expect(await fleet.chain.balanceOf(seller), 'to the unit').toBe(before + kept)
    expect(records.filter(isOnItsWay)).toEqual([])
    expect(sums.payments, 'something was sold between the kills').toBeGreaterThan(0)
    expect(caught.length, 'some kills hit a payment on its way').toBeGreaterThan(0)
    expect(told.filter(({ last }) => ![200, 402, 410].includes(last))).toEqual([])
  })
})

/** Mostly one of them, and now and then all, as when the machine goes. */
function choose({ gateway, workers }: Fleet, random: () => number): readonly Member[] {
  const all = [gateway, ...workers]
  if (random() < 0.2) return all
  const one = all[Math.floor(random() * all.length)]
  return one ? [one] : all
}

async function startAll(members: readonly Member[]): Promise<void> {
  await Promise.all(members.map((member) => member.start()))
}

/** How long it takes until whatever is on its way now has ended. */
async function settle({ records, gateway, workers }: Fleet): Promise<number> {
  const upAtMs = Date.now()
  const open = (await records()).filter(isOnItsWay).map(({ challengeId }) => challengeId)
  for (;;) {
    const left = (await records()).filter((it) => open.includes(it.challengeId) && isOnItsWay(it))
    if (left.length === 0) return Date.now() - upAtMs
    if (Date.now() - upAtMs > PATIENCE_MS) {
      const said = [gateway, ...workers].map((it) => `${it.name}: ${lastWords(it)}`)
      throw new Error(`Money stayed on its way: ${tally(left.map(stageOf))}\n${said.join('\n')}`)
    }
    await new Promise((done) => setTimeout(done, 250))
  }
}

const lastWords = (member: Member): string =>
  member.process().output().split('\n').slice(-12).join('\n')
