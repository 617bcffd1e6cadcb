import { type ServerType, serve } from '@hono/node-server'
import { createEvmChain } from '@key0/chain-evm'
import type {
  Address,
  ChallengeRecord,
  ChallengeStore,
  Clock,
  CredentialIssuer,
  EngineEvent,
  Finality,
  Hex,
} from '@key0/core'
import { createCallbackIssuer } from '@key0/delivery'
import type { Sandbox } from '@key0/sandbox'
import { createKey0, type Key0 } from '@key0/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createShelf, type OpenStore, type StoreKind } from './createShelf.ts'
import { createExchanges, type Exchanges } from './Exchanges.ts'
import { createIssuer, type Issuer } from './Issuer.ts'
import { listRecords } from './listRecords.ts'
import { type Servers, sharedServers } from './servers.ts'

export type ShopOptions = {
  readonly sandbox: Sandbox
  readonly store: StoreKind
  /** Where Redis and PostgreSQL are. Default: one server for all shops of this process. */
  readonly servers?: Servers
  /** A base URL makes a facilitator settle; otherwise a gas wallet of the shop's own does. */
  readonly facilitatorUrl?: string
  /** Default: the sandbox itself; a proxy's when the shop's view of the chain is to be spoilt. */
  readonly rpcUrl?: string
  /** A second node, which must agree with the first about every amount. */
  readonly agreementRpcUrl?: string
  readonly finality?: { readonly payment?: Finality; readonly refund?: Finality }
  readonly proofBinding?: 'signature' | 'none'
  readonly settleWaitMs?: number
  readonly rpcTimeoutMs?: number
  readonly issuerTimeoutMs?: number
  /** Issues instead of the shop's own function, such as one that asks a backend. */
  readonly tokenIssuer?: CredentialIssuer
  /** Default testnet; the sandbox must be on its chain. */
  readonly network?: 'mainnet' | 'testnet'
  /** What the receiving wallet has for gas, in wei. Default 1 ETH. */
  readonly sellerEth?: bigint
  /** From where transfers are accounted for when the store does not know. */
  readonly accountFromBlock?: bigint
  /** How many gateways share the store and the wallets; requests go to each in turn. Default 1. */
  readonly gateways?: number
}

export type Wallet = { readonly address: Address; readonly privateKey: Hex }

/** A clock that tests move; it never runs slower than the machine's. */
type MovableClock = Clock & { readonly advance: (ms: number) => void }

/** What buyers and accountants see of a shop. */
export type ShopSeen = {
  readonly url: string
  readonly sandbox: Sandbox
  readonly seller: Wallet
  readonly exchanges: Exchanges
  readonly clock: Clock
  readonly store: () => ChallengeStore
  readonly records: () => Promise<readonly ChallengeRecord[]>
}

/** The gateway behind a real HTTP server, a wallet of its own on a shared chain, and what it saw. */
export type Shop = AsyncDisposable &
  ShopSeen & {
    readonly gas: Wallet
    readonly issuer: Issuer
    readonly clock: MovableClock
    readonly events: readonly EngineEvent[]
    readonly key0: () => Key0
    /** As many as there are gateways; all but memory with a connection each. */
    readonly stores: () => readonly ChallengeStore[]
    /** Another process over the same store: nothing that was only in memory survives. */
    readonly restart: (settings?: RestartSettings) => Promise<void>
    /** Moves the shop's and the chain's clocks. */
    readonly advance: (seconds: number) => Promise<void>
  }

type RestartSettings = {
  readonly rpcUrl?: string
  /** What happens to the store while no process is there. */
  readonly whileClosed?: () => Promise<void>
}

export const plans = [
  { planId: 'basic', unitAmount: '$0.10', description: 'One hour' },
  { planId: 'plus', unitAmount: '$0.25' },
] as const
export const priceOf = { basic: 100_000n, plus: 250_000n } as const
export const tokenSecret = 'e2e-secret-of-at-least-thirty-two-bytes'

/** A wallet nobody used before, with ETH and USDC as given. */
export async function newWallet(
  sandbox: Sandbox,
  funds: { readonly eth?: bigint; readonly usdc?: bigint } = {},
): Promise<Wallet> {
  const privateKey = generatePrivateKey()
  const { address } = privateKeyToAccount(privateKey)
  if (Object.keys(funds).length > 0) await sandbox.fund(address, funds)
  return { address, privateKey }
}

/** Opens a shop. Everything but the chain is its own, so that books can be closed on it alone. */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const { sandbox } = options
  // A shop that opened before on this chain may have moved it: nobody's clock is behind the chain's.
  const chainAheadMs = Number(await sandbox.timestamp()) * 1000 - Date.now()
  const clock = createMovableClock(Math.max(0, chainAheadMs))
  const seller = await newWallet(sandbox, { eth: options.sellerEth ?? 10n ** 18n })
  const gas = await newWallet(sandbox, { eth: 10n ** 18n })
  const issuer = createIssuer(tokenSecret)
  const events: EngineEvent[] = []
  const shelf = await createShelf(options.store, clock, options.servers ?? sharedServers)
  let gateways: readonly Gateway[] = []
  let turn = 0
  const first = (): Gateway => {
    const [gateway] = gateways
    if (!gateway) throw new Error('the shop is not open')
    return gateway
  }
  const server = await listen((request) => {
    turn += 1
    return (gateways[turn % gateways.length] ?? first()).key0.handler(request)
  })
  const url = urlOf(server)
  let rpcUrl = options.rpcUrl ?? sandbox.rpcUrl
  const openAll = async (): Promise<void> => {
    const parts = { options, url, rpcUrl, seller, gas, issuer, clock, events }
    const count = options.gateways ?? 1
    gateways = await Promise.all(
      Array.from({ length: count }, () => openGateway(shelf.open(), parts)),
    )
  }
  const closeAll = async (): Promise<void> => {
    for (const { key0 } of gateways) {
      key0.close()
      key0.chain.close()
    }
    await Promise.all(gateways.map(({ close }) => close()))
  }
  await openAll()
  return {
    url,
    sandbox,
    seller,
    gas,
    issuer,
    exchanges: createExchanges(() => url, clock),
    clock,
    events,
    key0: () => first().key0,
    store: () => first().store,
    stores: () => gateways.map(({ store }) => store),
    records: () => listRecords(first().store),
    restart: async (settings = {}) => {
      await closeAll()
      await settings.whileClosed?.()
      rpcUrl = settings.rpcUrl ?? rpcUrl
      await openAll()
    },
    advance: async (seconds) => {
      clock.advance(seconds * 1000)
      await sandbox.increaseTime(seconds)
    },
    [Symbol.asyncDispose]: async () => {
      await close(server)
      await closeAll()
      shelf.remove()
    },
  }
}

type Gateway = OpenStore & { readonly key0: Key0 }

type Parts = Pick<Shop, 'url' | 'seller' | 'gas' | 'issuer' | 'clock'> & {
  readonly options: ShopOptions
  readonly rpcUrl: string
  readonly events: EngineEvent[]
}

async function openGateway({ store, close }: OpenStore, parts: Parts): Promise<Gateway> {
  const { options, url, rpcUrl, seller, gas, issuer, clock, events } = parts
  const network = options.network ?? 'testnet'
  const chain = await createEvmChain({
    network,
    rpcUrls: rpcUrl,
    ...(options.agreementRpcUrl !== undefined && {
      agreement: { above: 0n, rpcUrls: options.agreementRpcUrl },
    }),
    clock,
    pollingMs: 25,
    timeoutMs: options.rpcTimeoutMs ?? 4_000,
  })
  const key0 = await createKey0({
    agentName: 'E2E shop',
    agentUrl: url,
    walletAddress: seller.address,
    network,
    chain,
    plans,
    store,
    clock,
    tokenIssuer:
      options.tokenIssuer ??
      createCallbackIssuer(issuer.issue, { timeoutMs: options.issuerTimeoutMs ?? 2_000 }),
    settleWaitMs: options.settleWaitMs ?? 8_000,
    ...(options.facilitatorUrl
      ? { facilitatorUrl: options.facilitatorUrl }
      : { gasWalletPrivateKey: gas.privateKey }),
    ...(options.finality && { finality: options.finality }),
    ...(options.accountFromBlock !== undefined && { accountFromBlock: options.accountFromBlock }),
    ...(options.proofBinding && { proofBinding: options.proofBinding }),
    refunds: { automatic: true, minAgeMs: 0 },
    observe: (event) => events.push(event),
  })
  return { key0, store, close }
}

function createMovableClock(startAheadMs: number): MovableClock {
  let aheadMs = startAheadMs
  return {
    nowMs: () => Date.now() + aheadMs,
    advance: (ms) => {
      aheadMs += ms
    },
  }
}

async function listen(fetch: (request: Request) => Promise<Response>): Promise<ServerType> {
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(server))
  })
}

function urlOf(server: ServerType): string {
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('the server does not listen')
  return `http://127.0.0.1:${address.port}`
}

async function close(server: ServerType): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()))
  if ('closeAllConnections' in server) server.closeAllConnections()
  await closed
}
