import {
  type RawConfig as AnyRawConfig,
  type Env,
  knownNames as namesIn,
  readSettings,
  secretNames as secretsIn,
} from '@key0/app-kit'

/** Names in the order in which they count: the first that is set wins. */
const names = {
  network: ['KEY0_NETWORK'],
  rpcUrl: ['KEY0_RPC_URL'],
  agreementAbove: ['KEY0_AGREEMENT_ABOVE'],
  agreementRpcUrl: ['KEY0_AGREEMENT_RPC_URL'],
  finality: ['KEY0_FINALITY'],
  walletAddress: ['KEY0_WALLET_ADDRESS'],
  walletPrivateKey: ['KEY0_WALLET_PRIVATE_KEY'],
  gasWalletPrivateKey: ['GAS_WALLET_PRIVATE_KEY'],
  storageBackend: ['STORAGE_BACKEND'],
  dataDir: ['KEY0_DATA_DIR'],
  redisUrl: ['REDIS_URL'],
  databaseUrl: ['DATABASE_URL'],
  webhookSecret: ['KEY0_WEBHOOK_SECRET'],
  revokeTokenApi: ['REVOKE_TOKEN_API'],
  backendAuthStrategy: ['BACKEND_AUTH_STRATEGY'],
  internalAuthSecret: ['INTERNAL_AUTH_SECRET'],
  issueTokenApiSecret: ['ISSUE_TOKEN_API_SECRET'],
  queueRedisUrl: ['BULLMQ_REDIS_URL'],
  refundIntervalMs: ['REFUND_INTERVAL_MS'],
  refundMinAgeMs: ['REFUND_MIN_AGE_MS'],
  refundBatchSize: ['REFUND_BATCH_SIZE'],
  accountFromBlock: ['KEY0_ACCOUNT_FROM_BLOCK'],
  refundMaxCountPerHour: ['REFUND_MAX_COUNT_PER_HOUR'],
  refundMaxCountPerDay: ['REFUND_MAX_COUNT_PER_DAY'],
  refundMaxValuePerHour: ['REFUND_MAX_VALUE_PER_HOUR'],
  refundMaxValuePerDay: ['REFUND_MAX_VALUE_PER_DAY'],
  port: ['PORT'],
  host: ['KEY0_HOST'],
  logLevel: ['LOG_LEVEL'],
} as const

const secrets: readonly Setting[] = [
  'walletPrivateKey',
  'gasWalletPrivateKey',
  'redisUrl',
  'databaseUrl',
  'webhookSecret',
  'internalAuthSecret',
  'issueTokenApiSecret',
  'queueRedisUrl',
  'rpcUrl',
  'agreementRpcUrl',
]

/** The gateway's, which may stand in the same file. Its port is not ours: we have our own. */
const others = {
  KEY0_PORT: 'elsewhere',
  KEY0_PUBLIC_URL: 'elsewhere',
  KEY0_ACCESS_TOKEN_SECRET: 'elsewhere',
  KEY0_ACCESS_TOKEN_PRIVATE_KEY: 'elsewhere',
  KEY0_ACCESS_TOKEN_PREVIOUS_KEYS: 'elsewhere',
  KEY0_FACILITATOR_URL: 'elsewhere',
  KEY0_STRAY_TRANSFERS: 'elsewhere',
  KEY0_PAYMENT_IDENTIFIER: 'elsewhere',
  KEY0_MAX_OPEN_CHALLENGES: 'elsewhere',
  KEY0_MAX_OPEN_PER_CALLER: 'elsewhere',
  KEY0_CALLER_HEADER: 'elsewhere',
  KEY0_RETIRED_WALLETS: 'elsewhere',
  KEY0_ADMIN_TOKEN: 'elsewhere',
  KEY0_METRICS_PORT: 'elsewhere',
  KEY0_MANAGED_INFRA: 'elsewhere',
  KEY0_PROXY_SECRET: 'elsewhere',
  KEY0_RECEIPT_PRIVATE_KEY: 'elsewhere',
  KEY0_WEBHOOK_URLS: 'elsewhere',
  KEY0_WEBHOOK_PRIVATE: 'elsewhere',
  KEY0_EXACT: 'elsewhere',
  KEY0_NOTIFY_REQUESTS: 'elsewhere',
  /** Gateways': nothing that is read here is encrypted. */
  KEY0_ENCRYPTION_KEY: 'elsewhere',
} as const

const table = { names, secrets, others }

export type Setting = keyof typeof names
export type RawConfig = AnyRawConfig<Setting>

/** Step 1, names only: the one place of this app that spells an environment variable. */
export function readEnv(env: Env): RawConfig {
  return readSettings(env, table)
}

/** Every name that is read; the README's table is checked against it. */
export function knownNames(): readonly string[] {
  return namesIn(table)
}

/** The names that may also end in `_FILE`. */
export function secretNames(): readonly string[] {
  return secretsIn(table)
}

/** The environment of this process. */
export function currentEnv(): Env {
  return process.env
}
