import type {
  BackendAuth,
  LogLevel,
  NetworkConfig,
  RefundConfig,
  StorageConfig,
} from '@key0/app-kit'
import type { Address, Hex } from '@key0/core'

/** Everything the worker was told, read and checked. */
export type WorkerConfig = NetworkConfig & {
  /** The wallet that sells now; when given, its key must be among the keys. */
  readonly walletAddress?: Address
  readonly refunds: RefundConfig
  /** None: the receiving wallets pay for their refunds' gas themselves. */
  readonly gasWalletPrivateKeys: readonly Hex[]
  readonly storage: Exclude<StorageConfig, { readonly kind: 'memory' }>
  /** Where the schedule is that workers share; none: a timer of this process. */
  readonly queueUrls: readonly string[]
  /** Told before a refund, so that what was issued for it is withdrawn. */
  readonly revocation?: { readonly url: string; readonly auth: BackendAuth }
  readonly host: string
  readonly port: number
  readonly logLevel: LogLevel
  /** What is allowed but worth saying at every start. */
  readonly warnings: readonly string[]
}
