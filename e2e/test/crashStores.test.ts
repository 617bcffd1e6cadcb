import { flows, signAuthorization, type TestWorld } from '@key0/core/testing'
import { afterAll, expect, test } from 'vitest'
import { type Ground, type GroundKind, openGround } from '../crash/openSites.ts'
import { createRandom } from '../crash/random.ts'
import {
  type Campaign,
  isMoney,
  listPoints,
  type Plan,
  planPairs,
  planSingles,
  runPlans,
  type Setting,
  sum,
} from '../crash/runCampaign.ts'
import { runOnStore } from '../crash/runOnStore.ts'
import { stopServers } from '../src/servers.ts'

/*
 * The crash points of core on real stores, with several workers at once: every call that leaves a
 * process fails before it, fails after it, or is the last thing that the process does. By default
 * the calls that move money, and a sample of the others that is another one every day.
 * KEY0_EXHAUSTIVE=1 tries every call with one, two and four workers and both finalities, and pairs
 * of faults, for at most KEY0_CRASH_MINUTES (default 60) in all.
 */
const isExhaustive = process.env.KEY0_EXHAUSTIVE === '1'
const minutes = Number(process.env.KEY0_CRASH_MINUTES ?? 60)
const seed = Number(process.env.KEY0_CRASH_SEED ?? Math.floor(Date.now() / 86_400_000))
const SAMPLE = 30

const grounds: readonly GroundKind[] = ['memory', 'redis', 'postgres']
/** How much of the time each is given: a call of a server takes longer. */
const shares: Readonly<Record<GroundKind, number>> = { memory: 0.15, redis: 0.35, postgres: 0.5 }
const all = Object.values(flows)
const settings: readonly Setting[] = [1, 2, 4].flatMap((workers) => [
  { workers, finality: 'finalized' },
  { workers, finality: 'latest' },
])
const usual: Setting = { workers: 2, finality: 'finalized' }

afterAll(stopServers)

test.runIf(!isExhaustive).each(grounds.slice(1))(
  '%s: a fault at any call that moves money, two workers',
  async (kind) => {
    await using ground = await openGround(kind)
    const singles = await planAll(ground, usual)
    const money = singles.filter(isMoneyPlan)
    const others = sample(singles.filter((plan) => !isMoneyPlan(plan)))
    const campaign = await runPlans(ground, [...money, ...others.slice(0, SAMPLE)], usual)
    report(`${kind}, ${singles.length / 3} points, ${money.length / 3} of money`, campaign)
    expect(campaign.failures).toEqual([])
    expect(singles.length / 3, 'named points').toBeGreaterThan(60)
    expect(campaign.struck / campaign.runs, 'most faults strike').toBeGreaterThan(0.8)
  },
  240_000,
)

test.runIf(!isExhaustive).each(grounds.slice(1))(
  '%s: a refund that takes a new nonce each time it is sent is seen paying twice',
  async (kind) => {
    await using ground = await openGround(kind)
    const site = await ground.prepare(0)
    const { problems } = await runOnStore(flows.refunded, site, { ...usual, alter: forget })
    expect(problems.filter((each) => each.startsWith('I1:'))).not.toEqual([])
  },
  120_000,
)

test.runIf(isExhaustive).each(grounds)(
  '%s: a fault at any call; one, two and four workers, and pairs of faults',
  async (kind) => {
    await using ground = await openGround(kind)
    const startedAtMs = Date.now()
    const share = minutes * 60_000 * shares[kind]
    /** Singles, then pairs where money moves, then any pairs: no part takes another's time. */
    const until = (part: number) => (): boolean => Date.now() > startedAtMs + share * part
    const campaigns: Campaign[] = []
    for (const [index, setting] of settings.entries()) {
      const { workers, finality } = setting
      const singles = await planAll(ground, setting)
      const part = ((index + 1) / settings.length) * 0.6
      const campaign = await runPlans(ground, sample(singles), setting, until(part))
      report(`${kind}, workers ${workers}, ${finality}, ${singles.length} singles`, campaign)
      campaigns.push(campaign)
    }
    const money = sample((await planAll(ground, usual)).filter(isMoneyPlan))
    const pairs = await runPairs(ground, money, usual, isMoney, until(0.8))
    report(`${kind}, workers 2, pairs at calls that move money`, pairs)
    const alone = { ...usual, workers: 1 }
    const any = await runPairs(
      ground,
      sample(await planAll(ground, alone)),
      alone,
      () => true,
      until(1),
    )
    report(`${kind}, workers 1, pairs at any calls`, any)
    expect(sum([...campaigns, pairs, any]).failures).toEqual([])
  },
  minutes * 60_000 + 600_000,
)

/** The seller signs what the payment does not name. */
function forget(world: TestWorld): TestWorld {
  const { payout, newId, ledger } = world
  const carry: typeof payout.carry = ({ authorization, ...rest }, journal) => {
    const nonce = `0x${newId()}${newId()}` as const
    const other = signAuthorization(ledger.token, { ...authorization, nonce })
    return payout.carry({ ...rest, previous: [], authorization: other }, journal)
  }
  return { ...world, payout: { ...payout, carry } }
}

const isMoneyPlan = ({ planned }: Plan): boolean =>
  planned.every(({ call = '', at }) => isMoney({ call, at }))

async function planAll(ground: Ground, setting: Setting): Promise<readonly Plan[]> {
  const plans: Plan[] = []
  for (const flow of all) plans.push(...planSingles(flow, await listPoints(ground, flow, setting)))
  return plans
}

/** Every second fault after each first one; the firsts that were begun are told. */
async function runPairs(
  ground: Ground,
  firsts: readonly Plan[],
  setting: Setting,
  wanted: typeof isMoney,
  isOver: () => boolean,
): Promise<Campaign> {
  const campaigns: Campaign[] = []
  for (const first of firsts) {
    if (isOver()) break
    const plans = await planPairs(ground, first, setting, wanted)
    campaigns.push(await runPlans(ground, plans, setting, isOver))
  }
  process.stdout.write(`${campaigns.length} of ${firsts.length} first faults\n`)
  return sum(campaigns)
}

/** The same in another order, which the seed decides. */
function sample(plans: readonly Plan[]): readonly Plan[] {
  const random = createRandom(seed)
  const keyed = plans.map((plan) => [random(), plan] as const)
  return keyed.sort(([a], [b]) => a - b).map(([, plan]) => plan)
}

function report(what: string, { runs, struck, failures }: Campaign): void {
  process.stdout.write(
    `${what}, seed ${seed}: ${runs} runs, ${struck} struck, ${failures.length} broken promises\n`,
  )
}
