import { type ChallengeStore, recover } from '@key0/core'
import {
  type Client,
  checkInvariants,
  createBuyer,
  createFakeClock,
  createFaults,
  createTestWorld,
  type FakeClock,
  type Fault,
  type Flow,
  isSettled,
  listRecords,
  refundPass,
  startProcess,
  type TestProcess,
  type TestWorld,
} from '@key0/core/testing'

/** A place for one run's records on a real server: empty, and nobody else's. */
export type Site = {
  /** A store over the place. Each call is another connection's, where there are several. */
  readonly open: (clock: FakeClock) => ChallengeStore
}

export type RunOptions = {
  readonly planned?: readonly Fault[]
  /** How many processes work, each over a connection of its own. */
  readonly workers: number
  readonly finality: 'latest' | 'finalized'
  /** Breaks something on purpose. */
  readonly alter?: (world: TestWorld) => TestWorld
}

/** What one run came to: every call in order, how many faults struck, and what was broken. */
export type StoreRun = {
  readonly points: readonly string[]
  readonly struck: number
  readonly problems: readonly string[]
}

const ROUNDS = 40
const STEP_MS = 120_000

/**
 * A buyer's errand over a real store, while other workers work, with faults at the calls of all of
 * them; then time passes until nothing is left to do, and the books are compared.
 */
export async function runOnStore(
  flow: Flow,
  site: Site,
  { planned = [], workers, finality, alter = (world) => world }: RunOptions,
): Promise<StoreRun> {
  const clock = createFakeClock()
  const stores = Array.from({ length: workers }, () => site.open(clock))
  const [store] = stores
  if (!store) throw new Error('nobody works')
  const world = alter(createTestWorld({ clock, store }))
  flow.prepare(world)
  const faults = createFaults(planned)
  const settings = {
    settleWaitMs: 0,
    deliveryWaitMs: 0,
    finality: { payment: finality, refund: finality },
  }
  const start = (index: number): TestProcess =>
    startProcess({ ...world, store: stores[index] ?? store }, { faults, settings })
  const crew = stores.map((_, index) => start(index))
  /** Whoever died is replaced before the next piece of work. */
  const alive = (index: number): TestProcess => {
    const current = crew[index]
    if (current && !current.dead) return current
    const next = start(index)
    crew[index] = next
    return next
  }
  const meanwhile: Promise<void>[] = []
  const process = (): TestProcess => {
    // A payment is final before its buyer is tired of asking.
    world.ledger.mine(3)
    for (let index = 1; index < workers; index += 1) meanwhile.push(work(alive, index))
    return alive(0)
  }
  const client: Client = { world, buyer: createBuyer(world), process }
  await flow.errand(client)
  await Promise.all(meanwhile)
  const midway = await checkInvariants(world)
  const open = await settle(world, () => Promise.all(stores.map((_, index) => work(alive, index))))
  const unsettled = open.map((state) => `I8: a challenge stays ${state}`)
  const problems = [...midway, ...(await checkInvariants(world)), ...unsettled]
  const struck = planned.filter(({ call, at }) =>
    call === undefined
      ? faults.points.length > at
      : faults.points.filter((point) => point === call).length > at,
  )
  return { points: faults.points, struck: struck.length, problems: [...new Set(problems)] }
}

/** What a process's timers do once. */
async function work(alive: (index: number) => TestProcess, index: number): Promise<void> {
  await attempt(async () => void (await recover(alive(index).ctx, { limit: 100 })))
  await attempt(async () => {
    const { refunds, ctx } = alive(index)
    await refundPass(refunds, ctx.settings.refundMinAgeMs)
  })
}

async function settle(
  world: TestWorld,
  everybody: () => Promise<unknown>,
): Promise<readonly string[]> {
  for (let round = 0; ; round += 1) {
    const open = (await listRecords(world)).filter((record) => !isSettled(record))
    if (open.length === 0 || round === ROUNDS) return open.map(({ state }) => state)
    world.clock.advance(STEP_MS)
    world.ledger.mine(3)
    await everybody()
  }
}

/** A worker's loop outlives whatever one piece of work throws. */
async function attempt(piece: () => Promise<void>): Promise<void> {
  try {
    await piece()
  } catch {
    // The next round tries again.
  }
}
