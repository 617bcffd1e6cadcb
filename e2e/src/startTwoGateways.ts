import { type Sandbox, startSandbox } from '@key0/sandbox'
import { freePort } from '@key0/test-services'
import { gatewayEnv, refundEnv, walletOf } from '../crash/gatewayEnv.ts'
import { openShared, type SharedKind } from '../crash/openShared.ts'
import { type Backend, startBackend } from '../crash/startBackend.ts'
import { type Env, startGateway } from '../crash/startGateway.ts'

/** Two gateways, a process each, that share nothing but a store: what one began the other goes on with. */
export type TwoGateways = AsyncDisposable & {
  readonly chain: Sandbox<string>
  readonly backend: Backend
  /** Where each listens. */
  readonly here: string
  readonly there: string
}

/** @param more on top of what every gateway is given */
export async function startTwoGateways(store: SharedKind, more: Env): Promise<TwoGateways> {
  await using stack = new AsyncDisposableStack()
  const chain = stack.use(await startSandbox<string>())
  const backend = stack.use(await startBackend())
  const { env } = await openShared(store, stack)
  const open = async (gas: string): Promise<string> => {
    const url = `http://127.0.0.1:${await freePort()}`
    const gateway = await startGateway({
      ...gatewayEnv(chain, url),
      ...refundEnv(chain),
      ...env,
      GAS_WALLET_PRIVATE_KEY: walletOf(chain, gas).privateKey,
      // Long enough for whoever is paid to begin to deliver, also when the other noticed it first.
      REFUND_MIN_AGE_MS: '1000',
      KEY0_RPC_URL: chain.rpcUrl,
      ISSUE_TOKEN_API: `${backend.url}/internal/issue-token`,
      ...more,
    })
    stack.use(gateway)
    return url
  }
  const [here, there] = [await open('gas'), await open('gas2')]
  const owned = stack.move()
  return { chain, backend, here, there, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
