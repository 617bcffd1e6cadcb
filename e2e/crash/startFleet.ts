import { fileURLToPath } from 'node:url'
import type { ChallengeRecord, ChallengeStore } from '@key0/core'
import { type RpcProxy, type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { freePort, type SpawnedProgram, spawnProgram, untilUp } from '@key0/test-services'
import { listRecords } from '../src/listRecords.ts'
import { type Balances, readBalances } from './audit.ts'
import { type Buyer, createBuyer } from './createBuyer.ts'
import { gatewayEnv, refundEnv, walletOf } from './gatewayEnv.ts'
import { openShared, type SharedKind } from './openShared.ts'
import { type Backend, startBackend } from './startBackend.ts'
import { type Env, startGateway } from './startGateway.ts'

/** A place of one of our programs: what runs there may be killed and started again. */
export type Member = {
  readonly name: string
  /** Only this program asks the chain here. */
  readonly rpc: RpcProxy
  readonly process: () => SpawnedProgram
  readonly start: () => Promise<void>
}

export type FleetOptions = {
  readonly store: SharedKind
  /** Refund workers beside the gateway. With none it refunds by itself. */
  readonly workers: number
  readonly buyers: number
  /** How long the buyers' authorizations are valid; default: as long as they are allowed to. */
  readonly authorizationSeconds?: number
  /** Each worker's own; with none the seller's wallet pays for all of them. */
  readonly gasWallets?: number
  /** On top of what the gateway and the workers are given. */
  readonly env?: Env
}

/** A gateway and refund workers, as processes of their own over one store. Nothing runs yet. */
export type Fleet = AsyncDisposable & {
  readonly chain: Sandbox<string>
  readonly backend: Backend
  readonly buyers: readonly Buyer[]
  /** What everybody had before the first purchase. */
  readonly before: Balances
  readonly gateway: Member
  readonly workers: readonly Member[]
  /** Another connection to the store, whose opener closes it. */
  readonly openStore: () => ChallengeStore
  readonly records: () => Promise<readonly ChallengeRecord[]>
}

const workerProgram = fileURLToPath(
  new URL('../../apps/refund-worker/src/main.ts', import.meta.url),
)

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using stack = new AsyncDisposableStack()
  const { workers, gasWallets = 0, authorizationSeconds, env = {} } = options
  const names = Array.from({ length: options.buyers }, (_, index) => `buyer-${index}`)
  const gasNames = Array.from({ length: workers }, (_, worker) =>
    Array.from({ length: gasWallets }, (_, index) => `gas-${worker}-${index}`),
  )
  const chain = stack.use(await startSandbox<string>({ wallets: [...names, ...gasNames.flat()] }))
  const backend = stack.use(await startBackend())
  const shared = await openShared(options.store, stack)
  const store = shared.open()
  stack.defer(() => store.close())
  const url = `http://127.0.0.1:${await freePort()}`
  const buyers = names.map((name) =>
    createBuyer(walletOf(chain, name), url, { authorizationSeconds }),
  )
  const join = async (name: string, own: Env, run: Run): Promise<Member> => {
    const rpc = stack.use(await startRpcProxy({ target: chain.rpcUrl }))
    const all = { ...shared.env, ...own, KEY0_RPC_URL: rpc.url, ...env }
    return openMember(name, rpc, () => run(all), stack)
  }
  const gateway = await join(
    'gateway',
    {
      ...gatewayEnv(chain, url),
      ISSUE_TOKEN_API: `${backend.url}/internal/issue-token`,
      ...(workers === 0 ? refundEnv(chain) : { REFUNDS: 'off' }),
    },
    startGateway,
  )
  const joining = gasNames.map((gas, index) => {
    const keys = gas.map((name) => walletOf(chain, name).privateKey).join(',')
    const own = {
      ...{ ...refundEnv(chain), PORT: '0', KEY0_HOST: '127.0.0.1' },
      ...(keys && { GAS_WALLET_PRIVATE_KEY: keys }),
    }
    return join(`worker ${index}`, own, (all) => untilUp(spawnProgram(workerProgram, all)))
  })
  const members = await Promise.all(joining)
  const before = await readBalances(chain, buyers)
  const owned = stack.move()
  return {
    ...{ chain, backend, buyers, before, gateway, workers: members },
    openStore: shared.open,
    records: () => listRecords(store),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Run = (env: Env) => Promise<SpawnedProgram>

function openMember(
  name: string,
  rpc: RpcProxy,
  run: () => Promise<SpawnedProgram>,
  stack: AsyncDisposableStack,
): Member {
  let running: SpawnedProgram | undefined
  stack.defer(async () => running?.kill())
  return {
    name,
    rpc,
    process: () => {
      if (!running) throw new Error(`The ${name} was not started yet`)
      return running
    },
    async start() {
      running = await run()
    },
  }
}
