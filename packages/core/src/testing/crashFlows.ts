import type { Resource } from '../challenge/Resource.ts'
import { checkInvariants } from './checkInvariants.ts'
import { type Answer, asksToSign, type Buyer, createBuyer } from './createBuyer.ts'
import { createFaults, type Fault, type FaultKind, faultKinds } from './createFaults.ts'
import {
  createTestWorld,
  startProcess,
  type TestProcess,
  type TestWorld,
} from './createTestContext.ts'
import { settleDown } from './settleDown.ts'

/** A buyer's errand, told to whatever process is alive. */
export type Flow = {
  readonly name: string
  readonly prepare: (world: TestWorld) => void
  readonly errand: (client: Client) => Promise<void>
}

/** The buyer of a flow and whom it talks to. */
export type Client = {
  readonly world: TestWorld
  readonly buyer: Buyer
  /** The living process; a new one after a crash. */
  readonly process: () => TestProcess
}

/** What one simulated run came to: how many calls it made, and every promise it broke. */
export type Run = { readonly points: readonly string[]; readonly problems: readonly string[] }

const ASKS = 4
const PAUSE_MS = 8_000
const REQUEST_ID = 'request-0123456789'

/** Asks until there is an answer; a lost connection and "later" are reasons to ask again. */
async function insist<answer>(
  { world }: Client,
  ask: () => Promise<answer | undefined>,
): Promise<answer | undefined> {
  for (let asked = 0; asked < ASKS; asked += 1) {
    const answer = await ask()
    if (answer !== undefined) return answer
    world.clock.advance(PAUSE_MS)
  }
  return undefined
}

function issue(client: Client) {
  return insist(client, () =>
    client.buyer.issue(client.process().engine, REQUEST_ID).catch(() => undefined),
  )
}

/** An x402 client: repeats the same payment on "later", and signs anew when told to. */
async function payLikeAClient(client: Client): Promise<void> {
  const challenge = await issue(client)
  if (!challenge) return
  let authorization = client.buyer.sign(challenge)
  await insist(client, async () => {
    const { engine } = client.process()
    const answer = await client.buyer.pay(engine, challenge.challengeId, authorization)
    if (asksToSign(answer)) authorization = client.buyer.sign(challenge)
    return isFinal(answer) ? answer : undefined
  })
}

const PHOTO: Resource = { method: 'GET', path: '/photos/1', query: 'size=small' }

/** The same client buys one request: it asks, pays, and repeats both as it is told to. */
async function requestLikeAClient(client: Client): Promise<void> {
  const { buyer, process } = client
  const challenge = await insist(client, () =>
    buyer.ask(process(), PHOTO, REQUEST_ID).catch(() => undefined),
  )
  if (!challenge) return
  let authorization = buyer.sign(challenge)
  await insist(client, async () => {
    const answer = await buyer.payFor(process(), challenge, authorization, PHOTO)
    if (asksToSign(answer)) authorization = buyer.sign(challenge)
    const isOver = answer.kind === 'delivered' || answer.code === 'RESPONSE_NOT_KEPT'
    return isOver ? answer : undefined
  })
}

async function proveLikeAClient(client: Client): Promise<void> {
  const challenge = await issue(client)
  if (!challenge) return
  const txHash = client.buyer.transfer(challenge.amountRaw)
  await insist(client, async () => {
    const { engine } = client.process()
    const answer = await client.buyer.prove(engine, challenge.challengeId, txHash)
    return isFinal(answer) ? answer : undefined
  })
}

function isFinal(answer: Answer): boolean {
  return answer.kind === 'delivered'
}

const nothing = (): void => {}

/** The flows that crash points are tried on. */
export const flows: Readonly<
  Record<
    | 'paid'
    | 'proven'
    | 'refunded'
    | 'undecided'
    | 'expired'
    | 'abandoned'
    | 'request'
    | 'unanswered'
    | 'stream',
    Flow
  >
> = {
  paid: { name: 'paid', prepare: nothing, errand: payLikeAClient },
  proven: {
    name: 'proven',
    prepare: nothing,
    errand: proveLikeAClient,
  },
  refunded: {
    name: 'refunded',
    prepare: ({ issuer }) => Object.assign(issuer, { mood: 'fail' }),
    errand: payLikeAClient,
  },
  undecided: {
    name: 'undecided',
    prepare: ({ issuer }) => void issuer.next.push('unknown', 'throw', 'unknown'),
    errand: payLikeAClient,
  },
  expired: {
    name: 'expired',
    prepare: ({ settler }) => Object.assign(settler, { mood: 'withhold' }),
    errand: payLikeAClient,
  },
  abandoned: {
    name: 'abandoned',
    prepare: nothing,
    errand: async (client) => void (await issue(client)),
  },
  request: {
    name: 'request',
    prepare: ({ backend }) => void backend.next.push('unknown', 'throw'),
    errand: requestLikeAClient,
  },
  unanswered: {
    name: 'unanswered',
    prepare: ({ backend }) => Object.assign(backend, { mood: 'fail' }),
    errand: requestLikeAClient,
  },
  stream: {
    name: 'stream',
    prepare: ({ backend }) => Object.assign(backend, { mood: 'stream' }),
    errand: requestLikeAClient,
  },
}

/** Runs a flow with faults, lets everything settle, and compares the books. */
export async function runFlow(
  flow: Flow,
  planned: readonly Fault[] = [],
  alter: (world: TestWorld) => TestWorld = (world) => world,
): Promise<Run> {
  const world = alter(createTestWorld())
  flow.prepare(world)
  const faults = createFaults(planned)
  const settings = { settleWaitMs: 0, deliveryWaitMs: 0 }
  const start = (): TestProcess => startProcess(world, { faults, settings })
  let current = start()
  const process = (): TestProcess => {
    if (current.dead) current = start()
    return current
  }
  await flow.errand({ world, buyer: createBuyer(world), process })
  const midway = await checkInvariants(world)
  const open = await settleDown(world, start)
  const unsettled = open.map(({ state }) => `I8: a challenge stays ${state}`)
  const problems = [...midway, ...(await checkInvariants(world)), ...unsettled]
  return { points: faults.points, problems: [...new Set(problems)] }
}

/** What many runs came to. `failures` names each broken run by its faults. */
export type Campaign = { readonly runs: number; readonly failures: readonly string[] }

/** Every point of a flow with every kind of fault, alone. */
export async function runSingles(
  flow: Flow,
  alter?: (world: TestWorld) => TestWorld,
): Promise<Campaign> {
  const { points } = await runFlow(flow, [], alter)
  const plans = points.flatMap((_, at) => faultKinds.map((kind) => [{ at, kind }]))
  return runPlans(flow, plans, alter)
}

/**
 * Every ordered pair of faults: the first at each point of the flow, the second at each point that
 * comes after it in the run that the first one left, up to `reach` points later.
 */
export async function runPairs(
  flow: Flow,
  options: { readonly reach?: number; readonly seconds?: readonly FaultKind[] } = {},
): Promise<Campaign> {
  const { reach = Number.POSITIVE_INFINITY, seconds = faultKinds } = options
  const { points } = await runFlow(flow)
  const campaigns: Campaign[] = []
  for (let at = 0; at < points.length; at += 1)
    for (const kind of faultKinds) {
      const first = { at, kind }
      const after = (await runFlow(flow, [first])).points.length - at - 1
      const later = Array.from({ length: Math.min(after, reach) }, (_, step) => at + 1 + step)
      const plans = later.flatMap((next) => seconds.map((by) => [first, { at: next, kind: by }]))
      campaigns.push(await runPlans(flow, plans))
    }
  return {
    runs: campaigns.reduce((sum, { runs }) => sum + runs, 0),
    failures: campaigns.flatMap(({ failures }) => failures),
  }
}

async function runPlans(
  flow: Flow,
  plans: readonly (readonly Fault[])[],
  alter?: (world: TestWorld) => TestWorld,
): Promise<Campaign> {
  const failures: string[] = []
  for (const plan of plans) {
    const { points, problems } = await runFlow(flow, plan, alter)
    const faults = plan.map(({ at, kind }) => `${kind} at ${at} (${points[at]})`).join(' then ')
    failures.push(...problems.map((problem) => `${flow.name}, ${faults}: ${problem}`))
  }
  return { runs: plans.length, failures }
}
