import { type Fault, type FaultKind, type Flow, faultKinds } from '@key0/core/testing'
import type { Ground } from './openSites.ts'
import { type RunOptions, runOnStore, type StoreRun } from './runOnStore.ts'

/** A call of a flow that leaves a process, by its name and its number among those. */
export type Point = { readonly call: string; readonly at: number }

export type Setting = Pick<RunOptions, 'workers' | 'finality'>

/** What many runs came to. `failures` names each broken run by its faults. */
export type Campaign = {
  readonly runs: number
  /** Runs in which every planned fault struck: two workers do not always call the same. */
  readonly struck: number
  readonly failures: readonly string[]
}

/** A flow with what is planned against it. */
export type Plan = { readonly flow: Flow; readonly planned: readonly Fault[] }

const LANES = 3

/** The calls that move money or decide about it; the others only read, wait, or tell. */
const MONEY = new Set([
  ...['store.reserve', 'store.settle', 'store.transition'],
  ...['settler.submit', 'issuer.issue', 'backend.serve', 'payout.sign', 'payout.carry'],
])

export const isMoney = ({ call }: Point): boolean => MONEY.has(call)

/** Every call of a flow when nothing goes wrong. */
export async function listPoints(
  ground: Ground,
  flow: Flow,
  setting: Setting,
): Promise<readonly Point[]> {
  const run = await runOnStore(flow, await ground.prepare(0), setting)
  if (run.problems.length > 0) throw new Error(`${flow.name}: ${run.problems.join('; ')}`)
  return nameAll(run.points)
}

/** Each point alone with each kind of fault. */
export function planSingles(flow: Flow, points: readonly Point[]): readonly Plan[] {
  return points.flatMap((point) =>
    faultKinds.map((kind) => ({ flow, planned: [{ ...point, kind }] })),
  )
}

/** A first fault, and every second one at the calls that come after it in the run that it left. */
export async function planPairs(
  ground: Ground,
  { flow, planned: [first] }: Plan,
  setting: Setting,
  wanted: (point: Point) => boolean,
): Promise<readonly Plan[]> {
  if (!first) throw new Error('a pair begins with a fault')
  const run = await runOnStore(flow, await ground.prepare(0), { ...setting, planned: [first] })
  const all = nameAll(run.points)
  const struckAt = all.findIndex(({ call, at }) => call === first.call && at === first.at)
  if (struckAt < 0) return []
  return all
    .slice(struckAt + 1)
    .filter(wanted)
    .flatMap((point) =>
      faultKinds.map((kind: FaultKind) => ({ flow, planned: [first, { ...point, kind }] })),
    )
}

/** Runs plans side by side, until all are done or it is over. */
export async function runPlans(
  ground: Ground,
  plans: readonly Plan[],
  setting: Setting,
  isOver: () => boolean = () => false,
): Promise<Campaign> {
  const failures: string[] = []
  let runs = 0
  let struck = 0
  let next = 0
  const work = async (lane: number): Promise<void> => {
    for (let plan = plans[next]; plan && !isOver(); plan = plans[next]) {
      next += 1
      const { flow, planned } = plan
      const run = await runOnStore(flow, await ground.prepare(lane), { ...setting, planned })
      runs += 1
      if (run.struck === planned.length) struck += 1
      failures.push(...describe(plan, run))
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, lane) => work(lane)))
  return { runs, struck, failures }
}

export function sum(campaigns: readonly Campaign[]): Campaign {
  return {
    runs: campaigns.reduce((total, { runs }) => total + runs, 0),
    struck: campaigns.reduce((total, { struck }) => total + struck, 0),
    failures: campaigns.flatMap(({ failures }) => failures),
  }
}

function describe({ flow, planned }: Plan, { problems }: StoreRun): readonly string[] {
  const faults = planned.map(({ call, at, kind }) => `${kind} at ${call} ${at}`).join(' then ')
  return problems.map((problem) => `${flow.name}, ${faults}: ${problem}`)
}

function nameAll(points: readonly string[]): readonly Point[] {
  const seen = new Map<string, number>()
  return points.map((call) => {
    const at = seen.get(call) ?? 0
    seen.set(call, at + 1)
    return { call, at }
  })
}
