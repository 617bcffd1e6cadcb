import { type Sandbox, startSandbox } from '@key0/sandbox'
import { freePort } from '@key0/test-services'
import { gatewayEnv } from '../crash/gatewayEnv.ts'
import { openShared, type SharedKind } from '../crash/openShared.ts'
import { startBackend } from '../crash/startBackend.ts'
import { startGateway } from '../crash/startGateway.ts'
import { type Studio, startStudio } from './startStudio.ts'
import { startWire, type Wire } from './startWire.ts'

/** The standalone gateway as a program of its own, on a chain and a store, behind a wire. */
export type Market = AsyncDisposable & {
  readonly chain: Sandbox<string>
  readonly wire: Wire
  /** What answers the single requests that the gateway sells. */
  readonly studio: Studio
}

/** Opens a market, with a funded wallet of each of these names. */
export async function startMarket(store: SharedKind, wallets: readonly string[]): Promise<Market> {
  await using stack = new AsyncDisposableStack()
  const chain = stack.use(await startSandbox<string>({ wallets }))
  const backend = stack.use(await startBackend())
  const shared = await openShared(store, stack)
  const studio = stack.use(await startStudio())
  const listening = `http://127.0.0.1:${await freePort()}`
  const wire = stack.use(await startWire(listening))
  const gateway = await startGateway({
    ...gatewayEnv(chain, listening),
    ...shared.env,
    // Buyers are told the address at which they asked.
    KEY0_PUBLIC_URL: wire.url,
    KEY0_RPC_URL: chain.rpcUrl,
    ISSUE_TOKEN_API: `${backend.url}/internal/issue-token`,
    REFUNDS: 'off',
    ROUTES: JSON.stringify([{ method: 'GET', path: '/photos/:id', unitAmount: '$0.01' }]),
    PROXY_TO_BASE_URL: studio.url,
  })
  stack.defer(() => gateway.kill())
  const owned = stack.move()
  return { chain, wire, studio, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
