import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChallengeRecord, ChallengeStore } from '@key0/core'
import { type RpcProxy, type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { createSqliteStore } from '@key0/store-sqlite'
import { freePort, type SpawnedProgram } from '@key0/test-services'
import { type Balances, readBalances } from './audit.ts'
import { type Buyer, createBuyer } from './createBuyer.ts'
import { gatewayEnv, refundEnv, walletOf } from './gatewayEnv.ts'
import { type Ledger, openLedger } from './openLedger.ts'
import { type Backend, startBackend } from './startBackend.ts'
import { type Env, startGateway } from './startGateway.ts'

/** A chain, a node that misbehaves, a seller's backend, buyers, and a gateway that can be killed. */
export type Scene = AsyncDisposable & {
  readonly chain: Sandbox<string>
  readonly rpc: RpcProxy
  readonly backend: Backend
  readonly buyers: readonly Buyer[]
  readonly url: string
  readonly openStore: () => ChallengeStore
  /** What everybody had before the first purchase. */
  readonly before: Balances
  /** The environment of a gateway, `more` on top. */
  readonly env: (more?: Env) => Env
  /** Starts the gateway on the same data, with `more` in its environment. */
  readonly start: (more?: Env) => Promise<SpawnedProgram>
  readonly gateway: () => SpawnedProgram
  /** kill -9. */
  readonly kill: () => Promise<void>
  readonly ledger: () => Ledger
  /** Resolves when some record is as asked. */
  readonly until: (holds: (record: ChallengeRecord) => boolean) => Promise<ChallengeRecord>
}

/** No refund happens by itself: the buyer may come back. */
export const patient: Env = { REFUND_MIN_AGE_MS: '600000' }
/** What is paid and not delivered goes back at once. */
export const impatient: Env = { REFUND_MIN_AGE_MS: '0' }

export async function startScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const chain = stack.use(await startSandbox<string>())
  const rpc = stack.use(await startRpcProxy({ target: chain.rpcUrl }))
  const backend = stack.use(await startBackend())
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-crash-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const buyers = [createBuyer(walletOf(chain, 'buyer'), url)]
  const before = await readBalances(chain, buyers)

  let running: SpawnedProgram | undefined
  stack.defer(async () => running?.kill())
  let opened: Ledger | undefined
  stack.defer(() => opened?.close())
  const ledger = (): Ledger => {
    opened ??= openLedger(dataDir)
    return opened
  }
  const gateway = (): SpawnedProgram => {
    if (!running) throw new Error('The gateway was not started yet')
    return running
  }
  const env = (more: Env = {}): Env => ({
    ...gatewayEnv(chain, url),
    ...refundEnv(chain),
    KEY0_RPC_URL: rpc.url,
    KEY0_DATA_DIR: dataDir,
    ISSUE_TOKEN_API: `${backend.url}/internal/issue-token`,
    ...patient,
    ...more,
  })
  const owned = stack.move()
  return {
    chain,
    rpc,
    backend,
    buyers,
    url,
    openStore: () => createSqliteStore({ dataDir }),
    before,
    env,
    gateway,
    ledger,
    async start(more) {
      running = await startGateway(env(more))
      return running
    },
    kill: () => gateway().kill(),
    until: (holds) => untilRecord(ledger(), holds),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function untilRecord(
  ledger: Ledger,
  holds: (record: ChallengeRecord) => boolean,
): Promise<ChallengeRecord> {
  const deadline = Date.now() + 40_000
  while (Date.now() < deadline) {
    const found = ledger.records().find(holds)
    if (found !== undefined) return found
    await new Promise((done) => setTimeout(done, 50))
  }
  const states = ledger.records().map(({ state }) => state)
  throw new Error(`The records never came that far: ${states.join(', ')}`)
}
