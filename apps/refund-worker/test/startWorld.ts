import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RpcProxy, type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { type SpawnedProgram, spawnProgram } from '@key0/test-services'

export type Env = Readonly<Record<string, string>>

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** The worker as a process of its own. */
export function spawnWorker(env: Env): SpawnedProgram {
  return spawnProgram(main, env)
}

export type World = AsyncDisposable & {
  readonly chain: Sandbox
  readonly rpc: RpcProxy
  /** A whole environment, on an embedded store of its own. */
  readonly env: Env
}

export async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const chain = stack.use(await startSandbox())
  const rpc = stack.use(await startRpcProxy({ target: chain.rpcUrl }))
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-refund-worker-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const { seller, gas } = chain.wallets
  const env = {
    PORT: '0',
    KEY0_HOST: '127.0.0.1',
    STORAGE_BACKEND: 'embedded',
    KEY0_DATA_DIR: dataDir,
    KEY0_RPC_URL: rpc.url,
    KEY0_WALLET_ADDRESS: seller.address,
    KEY0_WALLET_PRIVATE_KEY: seller.privateKey,
    GAS_WALLET_PRIVATE_KEY: gas.privateKey,
    REFUND_INTERVAL_MS: '200',
  }
  const owned = stack.move()
  return { chain, rpc, env, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
