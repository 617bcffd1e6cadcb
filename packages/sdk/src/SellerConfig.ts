import type { EvmChain, WalletLock } from '@key0/chain-evm'
import type { PaymentIdentifier } from '@key0/checkout'
import type {
  AccessGrant,
  Address,
  ChallengeRecord,
  ChallengeStore,
  Clock,
  CredentialIssuer,
  EngineEvent,
  FetchResource,
  Finality,
  Hex,
  OpenLimits,
  Plan,
  ReceiptSigner,
  Route,
  SeenTxStore,
} from '@key0/core'
import type { FetchResourceCredentials, ProxyOptions } from '@key0/delivery'
import type { DeliveryLimits, DiscoveryOptions } from '@key0/http'
import type { WITHOUT_STORE } from './openStore.ts'
import type { PaidReceipt } from './PaidReceipt.ts'

/** What a seller decides in code. Only what has no default must be given. */
export type SellerConfig = {
  readonly agentName: string
  readonly agentDescription?: string
  /** The public address of this server: every URL we emit is built from it. */
  readonly agentUrl: string
  readonly providerName?: string
  readonly providerUrl?: string
  /** Where A2A is spoken, by default at `/a2a`; `false`: it is not, and there is no agent card. */
  readonly a2a?: false | { readonly path?: string }

  /** The wallet that receives payments. Its key is not needed here. */
  readonly walletAddress: Address
  /**
   * Wallets that sold before. What still arrives there is accounted for as in `walletAddress`; a
   * refund worker that holds their keys does the same by itself.
   */
  readonly retiredWallets?: readonly Address[]
  readonly network: 'mainnet' | 'testnet'
  /** One or more, comma-separated or as a list, tried in order; keys are folded into the URL. */
  readonly rpcUrl?: string | readonly string[]
  /**
   * Above this value, in the token's smallest unit, these nodes of another provider must agree
   * before money is decided about.
   */
  readonly agreement?: { readonly above: bigint; readonly rpcUrls: readonly string[] }
  /** A chain connected already; then `network` and `rpcUrl` must agree with it. */
  readonly chain?: EvmChain

  /** What is sold as a plan; may be left out where requests are sold. */
  readonly plans?: readonly Plan[]
  /**
   * Requests that are sold one by one, and free ones. `fetchResource` or `proxyTo` answers them;
   * without either they are sold where your own code mounts them.
   */
  readonly routes?: readonly Route[]
  /** Answers the routes: your own function. */
  readonly fetchResource?: FetchResource
  /** Or the server that answers them. */
  readonly proxyTo?: ProxyOptions
  /** How long an answer may take, and how much of it is stored for a repeat. */
  readonly delivery?: Partial<DeliveryLimits>
  /** How long a challenge may be paid; default 900. */
  readonly challengeTTLSeconds?: number
  /**
   * How many offers of this process may wait to be paid at once: more are refused (`OVERLOADED`), so
   * that who asks and never pays does not fill the store. `perCaller` counts by address, and is for
   * a server that sees its clients' own: behind a proxy, tell your framework to trust it. Default:
   * 50000 in total, and as many of one caller.
   */
  readonly maxOpenChallenges?: OpenLimits
  readonly store?: ChallengeStore
  /**
   * Instead of a store, for requests alone: payments settle, and nothing else is promised. What is
   * lost has to be said, word for word.
   */
  readonly withoutStore?: typeof WITHOUT_STORE
  readonly seenTxStore?: SeenTxStore

  /** Mints what the buyer gets; throwing means that nothing was issued. */
  readonly fetchResourceCredentials?: FetchResourceCredentials
  /** Instead of it: an issuer, such as `createRemoteTokenIssuer`. */
  readonly tokenIssuer?: CredentialIssuer
  /** Where grants are used, told to the buyer. */
  readonly resourceEndpoint?: (of: { resourceId: string; planId: string }) => string

  /** Which documents tell agents what is for sale; default: all, without token info. */
  readonly discovery?: DiscoveryOptions
  /**
   * Whether buyers must name their purchases (x402 extension `payment-identifier`, or a request id).
   * Default `optional`.
   */
  readonly paymentIdentifier?: PaymentIdentifier

  /**
   * Gives whoever is handed a delivered purchase a signed receipt (x402 extension `offer-receipt`),
   * such as by `createReceiptSigner`. Default: none.
   */
  readonly receipts?: { readonly signer: ReceiptSigner }

  /**
   * Sells over MCP as well: `POST /mcp` and `/.well-known/mcp.json`. Pages of browsers may ask from
   * the seller's own origin and from those allowed here; with `routes` each priced route that
   * `fetchResource` or `proxyTo` answers is a tool. Default: not.
   */
  readonly mcp?:
    | boolean
    | { readonly allowedOrigins?: readonly string[]; readonly routes?: boolean }

  /**
   * `false`: nothing that a buyer signs is settled, and only transfers that it makes itself are
   * taken. Default: x402's scheme `exact`.
   */
  readonly exact?: boolean
  /** Settles with this wallet; beside facilitators, only when none of them does. */
  readonly gasWalletPrivateKey?: Hex
  /** How processes that share this gas wallet take turns; without it, one process has it alone. */
  readonly gasWalletLock?: WalletLock
  /** One or several, asked in order; default the one of the specification. */
  readonly facilitatorUrl?: string | readonly string[]
  readonly cdpApiKeyId?: string
  readonly cdpApiKeySecret?: string
  /** How long a request waits for its settlement before it answers "pending"; default 30000. */
  readonly settleWaitMs?: number

  /**
   * The block from which transfers into the wallet are accounted for when the store does not know:
   * after a store was lost whole. Default: the newest block at the first start.
   */
  readonly accountFromBlock?: bigint
  readonly finality?: { readonly payment?: Finality; readonly refund?: Finality }
  /** Whether a presented transfer needs its payer's signature; default: on mainnet. */
  readonly proofBinding?: 'signature' | 'none'
  /**
   * A transfer that its payer presents but that buys nothing (late, too little, too much, twice):
   * `hold`, the default, keeps it for a person; `refund` sends it back, and is for a wallet that
   * receives nothing but what is sold here.
   */
  readonly strayTransfers?: 'hold' | 'refund'
  /** Told to buyers whose delivery failed; default: refunds are somebody's job, after 5 minutes. */
  readonly refunds?: { readonly automatic: boolean; readonly minAgeMs: number }

  /**
   * While a GET to this address fails three times in a row, nothing new is sold (`SELLING_PAUSED`):
   * it could not be delivered. What was offered or paid goes on.
   */
  readonly backendHealthUrl?: string
  /** How often it is asked; default 5000. */
  readonly backendHealthIntervalMs?: number
  /**
   * Called with the receipt of a payment once the chain has proven it; fire and forget unless
   * `awaitOnPaid`. It may be called again for a payment, also by another process: keep one row for
   * each `idempotencyKey`.
   */
  readonly onPaid?: (receipt: PaidReceipt) => unknown
  /**
   * Delivers nothing that `onPaid` has not recorded. While it fails, or takes longer than the
   * delivery itself may, the buyer is told so (502 `DELIVERY_FAILED`), is served when they ask again
   * or is refunded, and pays once all the same. Default `false`.
   */
  readonly awaitOnPaid?: boolean
  /**
   * Called when a plan's grant was delivered; fire and forget. A single request has no grant:
   * `onPaid` is told of both.
   */
  readonly onPaymentReceived?: (grant: AccessGrant, challenge: ChallengeRecord) => unknown
  /** Called when a challenge expires unpaid; fire and forget. */
  readonly onChallengeExpired?: (challengeId: string) => unknown
  /** Everything worth a log line or a metric. */
  readonly observe?: (event: EngineEvent) => void
  readonly clock?: Clock
}
