import {
  type RawConfig as AnyRawConfig,
  type Env,
  knownNames as namesIn,
  readSettings,
} from '@key0/app-kit'

/** The names of the gateway and the worker: their environment serves here as it is. */
const names = {
  network: ['KEY0_NETWORK'],
  rpcUrl: ['KEY0_RPC_URL'],
  agreementAbove: ['KEY0_AGREEMENT_ABOVE'],
  agreementRpcUrl: ['KEY0_AGREEMENT_RPC_URL'],
  finality: ['KEY0_FINALITY'],
  walletAddress: ['KEY0_WALLET_ADDRESS'],
  retiredWallets: ['KEY0_RETIRED_WALLETS'],
  walletPrivateKey: ['KEY0_WALLET_PRIVATE_KEY'],
  gasWalletPrivateKey: ['GAS_WALLET_PRIVATE_KEY'],
  storageBackend: ['STORAGE_BACKEND'],
  dataDir: ['KEY0_DATA_DIR'],
  redisUrl: ['REDIS_URL'],
  databaseUrl: ['DATABASE_URL'],
  webhookSecret: ['KEY0_WEBHOOK_SECRET'],
  revokeTokenApi: ['REVOKE_TOKEN_API'],
  challengeTTLSeconds: ['CHALLENGE_TTL_SECONDS'],
} as const

const secrets: readonly Setting[] = [
  'walletPrivateKey',
  'gasWalletPrivateKey',
  'redisUrl',
  'databaseUrl',
  'webhookSecret',
  'rpcUrl',
  'agreementRpcUrl',
]

/** Other programs', which may stand in the same file. */
const others = {
  KEY0_PORT: 'elsewhere',
  KEY0_HOST: 'elsewhere',
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
  KEY0_ACCOUNT_FROM_BLOCK: 'elsewhere',
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

type Setting = keyof typeof names
export type RawConfig = AnyRawConfig<Setting>

/** Step 1, names only: the one place of this app that spells an environment variable. */
export function readEnv(env: Env): RawConfig {
  return readSettings(env, { names, secrets, others })
}

/** Every name that is read; the README is checked against it. */
export function knownNames(): readonly string[] {
  return namesIn({ names })
}

/** The environment of this process. */
export function currentEnv(): Env {
  return process.env
}
