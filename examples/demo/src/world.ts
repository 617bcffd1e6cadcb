import { randomBytes } from 'node:crypto'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { type Buyer, createBuyer } from './buyer.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { type Seller, startSeller } from './seller.ts'

/** Everything the demo runs: a chain, the gateway, a shop behind it, and a buyer. */
export type World = AsyncDisposable & {
  readonly chain: Sandbox
  readonly gateway: Gateway
  readonly seller: Seller
  readonly buyer: Buyer
}

export const plans = [
  { planId: 'report', unitAmount: '$0.25', description: 'One hour of reports' },
  { planId: 'archive', unitAmount: '$0.90', description: 'One hour of the archive' },
] as const

/** A single request that costs something; the gateway passes it on once it is paid. */
const route = { method: 'GET', path: '/photos/:id', unitAmount: '$0.01' } as const

/** Short, so that the refund is seen within seconds; the default grace is 5 minutes. */
const REFUND_MIN_AGE_MS = 2_000

export async function startWorld(say: (text: string) => void): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const chain = stack.use(await startSandbox())
  say(`local chain      ${chain.rpcUrl} (chain id ${chain.chainId}, Circle's USDC contract)`)
  const proxySecret = randomBytes(32).toString('hex')
  const seller = await startSeller(proxySecret)
  stack.defer(() => seller.close())
  say(`seller's backend ${seller.url}`)
  const { wallets } = chain
  const gateway = await startGateway({
    KEY0_NETWORK: 'testnet',
    KEY0_RPC_URL: chain.rpcUrl,
    KEY0_WALLET_ADDRESS: wallets.seller.address,
    KEY0_WALLET_PRIVATE_KEY: wallets.seller.privateKey,
    GAS_WALLET_PRIVATE_KEY: wallets.gas.privateKey,
    ISSUE_TOKEN_API: `${seller.url}/internal/issue-token`,
    BACKEND_AUTH_STRATEGY: 'shared-secret',
    INTERNAL_AUTH_SECRET: randomBytes(32).toString('hex'),
    TOKEN_ISSUE_TIMEOUT_MS: '1000',
    TOKEN_ISSUE_RETRIES: '0',
    REFUND_INTERVAL_MS: '500',
    REFUND_MIN_AGE_MS: `${REFUND_MIN_AGE_MS}`,
    PLANS: JSON.stringify(plans),
    ROUTES: JSON.stringify([route]),
    PROXY_TO_BASE_URL: seller.url,
    KEY0_PROXY_SECRET: proxySecret,
    MCP_ENABLED: 'true',
  })
  stack.defer(() => gateway.close())
  say(`Key0 gateway     ${gateway.url}`)
  const buyer = createBuyer(wallets.buyer.privateKey)
  const owned = stack.move()
  return { chain, gateway, seller, buyer, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
