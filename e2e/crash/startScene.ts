import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChallengeRecord } from '@key0/core'
import {
  type RpcProxy,
  type Sandbox,
  type SandboxWallet,
  startRpcProxy,
  startSandbox,
} from '@key0/sandbox'
import { type Balances, readBalances } from './audit.ts'
import { type Buyer, createBuyer } from './createBuyer.ts'
import { freePort } from './freePort.ts'
import { type Ledger, openLedger } from './openLedger.ts'
import { type Backend, startBackend } from './startBackend.ts'
import { type Env, type GatewayProcess, startGateway } from './startGateway.ts'

/** 0.25 USDC, in its smallest unit. */
export const price = 250_000n

/** A chain, a node that misbehaves, a seller's backend, buyers, and a gateway that can be killed. */
export type Scene = AsyncDisposable & {
  readonly chain: Sandbox<string>
  readonly rpc: RpcProxy
  readonly backend: Backend
  readonly buyers: readonly Buyer[]
  readonly url: string
  readonly dataDir: string
  /** What everybody had before the first purchase. */
  readonly before: Balances
  /** The environment of a gateway, `more` on top. */
  readonly env: (more?: Env) => Env
  /** Starts the gateway on the same data, with `more` in its environment. */
  readonly start: (more?: Env) => Promise<GatewayProcess>
  readonly gateway: () => GatewayProcess
  /** kill -9. */
  readonly kill: () => Promise<void>
  readonly ledger: () => Ledger
  /** Resolves when some record is as asked. */
  readonly until: (holds: (record: ChallengeRecord) => boolean) => Promise<ChallengeRecord>
  /** Resolves when every record is as asked. */
  readonly untilAll: (holds: (record: ChallengeRecord) => boolean) => Promise<void>
}

/** No refund happens by itself: the buyer may come back. */
export const patient: Env = { REFUND_MIN_AGE_MS: '600000' }
/** What is paid and not delivered goes back at once. */
export const impatient: Env = { REFUND_MIN_AGE_MS: '0' }

export async function startScene(options: { readonly buyers?: number } = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack()
  const names = Array.from({ length: options.buyers ?? 1 }, (_, index) => `buyer-${index}`)
  const chain = stack.use(await startSandbox<string>({ wallets: names }))
  const rpc = stack.use(await startRpcProxy({ target: chain.rpcUrl }))
  const backend = stack.use(await startBackend())
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-crash-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const buyers = names.map((name) => createBuyer(walletOf(chain, name), url))
  const before = await readBalances(chain, buyers)

  let running: GatewayProcess | undefined
  stack.defer(async () => running?.kill())
  let opened: Ledger | undefined
  stack.defer(() => opened?.close())
  const ledger = (): Ledger => {
    opened ??= openLedger(dataDir)
    return opened
  }
  const gateway = (): GatewayProcess => {
    if (!running) throw new Error('The gateway was not started yet')
    return running
  }
  const env = (more: Env = {}): Env => ({
    ...baseEnv(chain, port, url),
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
    dataDir,
    before,
    env,
    gateway,
    ledger,
    async start(more) {
      running = await startGateway(env(more))
      return running
    },
    kill: () => gateway().kill(),
    until: (holds) => untilRecord(ledger(), (records) => records.find(holds)),
    async untilAll(holds) {
      await untilRecord(ledger(), (records) => records.every(holds) || undefined)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function baseEnv(chain: Sandbox<string>, port: number, url: string): Env {
  const { seller, gas } = { seller: walletOf(chain, 'seller'), gas: walletOf(chain, 'gas') }
  return {
    KEY0_NETWORK: 'testnet',
    KEY0_PORT: `${port}`,
    KEY0_HOST: '127.0.0.1',
    KEY0_PUBLIC_URL: url,
    KEY0_WALLET_ADDRESS: seller.address,
    KEY0_WALLET_PRIVATE_KEY: seller.privateKey,
    GAS_WALLET_PRIVATE_KEY: gas.privateKey,
    PLANS: '[{"planId":"report","unitAmount":"$0.25"}]',
    // Short, so that a lease which nobody returns is over within the test.
    TOKEN_ISSUE_TIMEOUT_MS: '1000',
    TOKEN_ISSUE_RETRIES: '0',
    REFUND_INTERVAL_MS: '200',
  }
}

export function walletOf(chain: Sandbox<string>, name: string): SandboxWallet {
  const wallet = chain.wallets[name]
  if (!wallet) throw new Error(`There is no wallet "${name}"`)
  return wallet
}

async function untilRecord<found>(
  ledger: Ledger,
  find: (records: readonly ChallengeRecord[]) => found | undefined,
): Promise<found> {
  const deadline = Date.now() + 40_000
  while (Date.now() < deadline) {
    const found = find(ledger.records())
    if (found !== undefined) return found
    await new Promise((done) => setTimeout(done, 50))
  }
  const states = ledger.records().map(({ state }) => state)
  throw new Error(`The records never came that far: ${states.join(', ')}`)
}
