import { type Address, type ChallengeFields, type Hash, type State, sameAddress } from '@key0/core'
import {
  Crash,
  createBuyer,
  createFaults,
  createTestWorld,
  type Fault,
  fakeAccounts,
  flows,
  listRecords,
  startProcess,
  type TestWorld,
} from '@key0/core/testing'

/*
 * The refund algorithm as it was specified first, and nothing besides: an atomic claim, a plain
 * transfer, REFUNDED when it is mined, REFUND_FAILED when anything throws, and an operator who puts
 * what failed back to PAID. It is here to be caught.
 */

/** Every step of it that leaves the process. */
type Steps = {
  readonly claim: (id: string) => Promise<boolean>
  readonly prepare: (to: Address, value: bigint) => Promise<Hash>
  readonly broadcast: (hash: Hash) => Promise<void>
  readonly receipt: (hash: Hash) => Promise<void>
  readonly finish: (id: string, hash: Hash) => Promise<void>
}

export const specifiedSteps: readonly (keyof Steps)[] = [
  'claim',
  'prepare',
  'broadcast',
  'receipt',
  'finish',
]

const ROUNDS = 6
const GRACE_MS = 300_000

/** What became of one payment that bought nothing, after one fault: `ok`, or what is wrong. */
export async function refundAsSpecified(fault?: Fault): Promise<string> {
  const world = createTestWorld()
  flows.refunded.prepare(world)
  // The seller sells to others too: a second refund is paid out of their money.
  world.ledger.fund(fakeAccounts.seller, 1_000_000n)
  const sale = startProcess(world, { settings: { settleWaitMs: 0, deliveryWaitMs: 0 } })
  await flows.refunded.errand({ world, buyer: createBuyer(world), process: () => sale })
  const faults = createFaults(fault ? [fault] : [])
  let process = { dead: false }
  for (let round = 0; round < ROUNDS; round += 1) {
    world.clock.advance(2 * GRACE_MS)
    world.ledger.mine(3)
    if (process.dead) process = { dead: false }
    const steps = faults.wrap('refund', createSteps(world), process)
    await tick(world, steps).catch(() => {})
    await retryWhatFailed(world)
  }
  return judge(world)
}

async function tick(world: TestWorld, steps: Steps): Promise<void> {
  const { store, clock } = world
  const old = new Date(clock.nowMs() - GRACE_MS)
  for (const { challengeId: id, fromAddress, amountRaw } of await store.findPendingForRefund(
    old,
    50,
  )) {
    if (!fromAddress || !(await steps.claim(id))) continue
    try {
      const hash = await steps.prepare(fromAddress, amountRaw)
      await steps.broadcast(hash)
      await steps.receipt(hash)
      await steps.finish(id, hash)
    } catch (error) {
      // A process that died writes nothing any more.
      if (error instanceof Crash) throw error
      await move(world, id, 'REFUND_PENDING', 'REFUND_FAILED', { refundError: `${error}` })
    }
  }
}

function createSteps(world: TestWorld): Steps {
  const { ledger, clock } = world
  return {
    claim: (id) => move(world, id, 'PAID', 'REFUND_PENDING', {}),
    async prepare(to, value) {
      const call = { kind: 'transfer', from: fakeAccounts.seller, to, value } as const
      return ledger.prepare([call], `wallet nonce ${world.newId()}`).hash
    },
    broadcast: async (hash) => ledger.broadcast(hash),
    async receipt(hash) {
      if (!ledger.receiptOf(hash)?.ok) throw new Error('not mined')
    },
    async finish(id, refundTxHash) {
      const refundedAt = new Date(clock.nowMs())
      await move(world, id, 'REFUND_PENDING', 'REFUNDED', { refundTxHash, refundedAt })
    },
  }
}

/** The compare-and-swap that every store has. */
async function move(
  { store, newId }: TestWorld,
  id: string,
  from: State,
  to: State,
  fields: ChallengeFields,
): Promise<boolean> {
  const attempt = { key: newId(), actor: 'specified' }
  return (await store.transition({ id, from, to, fields, ...attempt })).kind === 'applied'
}

/** The operator sees a failure, tops up or waits, and lets the worker try again. */
async function retryWhatFailed(world: TestWorld): Promise<void> {
  for (const { challengeId, state } of await listRecords(world))
    if (state === 'REFUND_FAILED') await move(world, challengeId, state, 'PAID', {})
}

async function judge(world: TestWorld): Promise<string> {
  const [record] = await listRecords(world)
  const { seller } = fakeAccounts
  const back = world.ledger.transfers().filter(({ from }) => sameAddress(from, seller)).length
  if (back === 1 && record?.state === 'REFUNDED') return 'ok'
  return `${record?.state} for good, paid back ${back} times`
}
