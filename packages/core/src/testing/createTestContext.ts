import { createCatalog } from '../catalog/Catalog.ts'
import type { AccessGrant } from '../challenge/AccessGrant.ts'
import type { Address } from '../challenge/hex.ts'
import type { StoredResponse } from '../challenge/StoredResponse.ts'
import { createMemoryStore } from '../memory/createMemoryStore.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { EngineEvent } from '../ports/Events.ts'
import type { AccountingContext } from '../usecases/accountForTransfers.ts'
import { createEngine } from '../usecases/createEngine.ts'
import type { Engine } from '../usecases/Engine.ts'
import type { EngineContext, EngineSettings } from '../usecases/EngineContext.ts'
import type { RefundContext } from '../usecases/RefundContext.ts'
import { watchContinuity } from '../usecases/watchContinuity.ts'
import { createFakeBackend, type FakeBackend } from './createFakeBackend.ts'
import { createFakeChain, type FakeChain } from './createFakeChain.ts'
import { createFakeClock, type FakeClock } from './createFakeClock.ts'
import { createFakeIssuer, type FakeIssuer } from './createFakeIssuer.ts'
import { createFakeLedger, type FakeLedger } from './createFakeLedger.ts'
import { createFakePayout, type FakePayout } from './createFakePayout.ts'
import { createFakeSettler, type FakeSettler } from './createFakeSettler.ts'
import type { FakeProcess, Faults } from './createFaults.ts'
import { fakeHash } from './fakeHash.ts'
import { fakeAccounts, fakeChainId } from './mint.ts'

/** What a buyer was handed. */
export type Received = {
  readonly challengeId: string
  readonly payer: Address
  readonly goods: AccessGrant | StoredResponse
}

/** Everything that outlives a process: the store, the chain, the seller's backend, the buyers. */
export type TestWorld = {
  readonly clock: FakeClock
  readonly ledger: FakeLedger
  readonly chain: FakeChain
  readonly settler: FakeSettler
  readonly payout: FakePayout
  readonly issuer: FakeIssuer
  readonly backend: FakeBackend
  readonly store: ChallengeStore
  readonly events: EngineEvent[]
  /** What reached buyers; tests and `pay` of a test process append to it. */
  readonly received: Received[]
  readonly newId: () => string
}

/** One gateway process and one refund worker over a world. */
export type TestProcess = FakeProcess & {
  readonly engine: Engine
  readonly ctx: EngineContext
  /** The seller's backend as this process reaches it. */
  readonly backend: FakeBackend
  readonly refunds: RefundContext
  readonly accounting: AccountingContext
}

/** A world with a fake chain, a memory store, and funded buyer and stranger. */
export function createTestWorld(overrides: Partial<TestWorld> = {}): TestWorld {
  const clock = overrides.clock ?? createFakeClock()
  const ledger = overrides.ledger ?? createFakeLedger({ token: fakeAccounts.token, clock })
  ledger.fund(fakeAccounts.buyer, 1_000_000n)
  ledger.fund(fakeAccounts.stranger, 1_000_000n)
  return {
    clock,
    ledger,
    chain: createFakeChain({ chainId: fakeChainId, ledger, clock }),
    settler: createFakeSettler({ ledger, clock }),
    payout: createFakePayout({ ledger, clock }),
    issuer: createFakeIssuer(),
    backend: createFakeBackend(),
    store: createMemoryStore({ clock }),
    events: [],
    received: [],
    newId: createIds(),
    ...overrides,
  }
}

/** Settings of the specification's defaults, with waits that a fake clock makes short. */
export const testSettings: EngineSettings = {
  chainId: fakeChainId,
  token: fakeAccounts.token,
  asset: 'USDC',
  decimals: 6,
  payTo: fakeAccounts.seller,
  challengeTTLMs: 900_000,
  maxTimeoutSeconds: 600,
  finality: { payment: 'latest', refund: 'finalized' },
  settleWaitMs: 5_000,
  deliveryWaitMs: 2_000,
  resubmitAfterMs: 15_000,
  refundMinAgeMs: 300_000,
  refunds: true,
  proofBinding: 'signature',
  skewMs: 30_000,
  strayTransfers: 'hold',
}

/** Starts a process over a world. With `faults`, every call it makes outwards may fail. */
export function startProcess(
  world: TestWorld,
  options: { readonly faults?: Faults; readonly settings?: Partial<EngineSettings> } = {},
): TestProcess {
  const process: FakeProcess = { dead: false }
  const { faults } = options
  const reach = <port extends object>(name: string, port: port): port =>
    faults ? faults.wrap(name, port, process) : port
  const shared = {
    store: reach('store', world.store),
    chain: reach('chain', world.chain),
    clock: world.clock,
    newId: world.newId,
    observe: (event: EngineEvent) => void world.events.push(event),
  }
  const ctx: EngineContext = {
    ...shared,
    settler: reach('settler', world.settler),
    issuer: reach('issuer', world.issuer),
    catalog: createCatalog(
      [
        { planId: 'basic', unitAmount: '$0.10' },
        { planId: 'plus', unitAmount: '$0.20' },
      ],
      6,
      [
        { routeId: 'photo', method: 'GET', path: '/photos/:id', unitAmount: '$0.10' },
        { routeId: 'print', method: 'POST', path: '/prints', unitAmount: '$0.30' },
        { method: 'GET', path: '/free' },
        { method: 'POST', path: '/free' },
      ],
    ),
    sleep: (ms) => world.clock.sleep(ms),
    settings: { ...testSettings, ...options.settings },
  }
  const { token, asset, payTo: payee } = ctx.settings
  const wallets = [{ token, payee, asset, decimals: 6 }]
  const continuity = watchContinuity(shared)
  const refunds: RefundContext = {
    ...shared,
    continuity,
    wallets,
    payout: reach('payout', world.payout),
    settings: {
      finality: ctx.settings.finality.refund,
      waitMs: 0,
      validForSeconds: 3_600,
      resubmitAfterMs: 60_000,
      giveUpAfterMs: 86_400_000,
    },
  }
  const { challengeTTLMs, skewMs, finality } = ctx.settings
  const accounting: AccountingContext = {
    ...shared,
    continuity,
    wallets,
    finality: finality.refund,
    adoptAfterMs: challengeTTLMs + skewMs,
  }
  return Object.assign(process, {
    engine: createEngine(ctx),
    ctx,
    backend: reach('backend', world.backend),
    refunds,
    accounting,
  })
}

/** A world and one process over it: what most tests start from. */
export function createTestContext(
  options: {
    readonly world?: Partial<TestWorld>
    readonly settings?: Partial<EngineSettings>
  } = {},
): TestWorld & TestProcess {
  const world = createTestWorld(options.world)
  const process = startProcess(world, options.settings ? { settings: options.settings } : {})
  return { ...world, ...process }
}

/** Ids that are the same in every run. */
function createIds(): () => string {
  let made = 0
  return () => {
    made += 1
    return fakeHash(`id:${made}`).slice(2, 34)
  }
}
