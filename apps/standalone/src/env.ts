import {
  type RawConfig as AnyRawConfig,
  type Env,
  knownNames as namesIn,
  readSettings,
  secretNames as secretsIn,
} from '@key0/app-kit'

/** Names in the order in which they count: the first that is set wins. */
const names = {
  walletAddress: ['KEY0_WALLET_ADDRESS'],
  network: ['KEY0_NETWORK'],
  port: ['KEY0_PORT', 'PORT'],
  host: ['KEY0_HOST'],
  publicUrl: ['KEY0_PUBLIC_URL', 'AGENT_URL'],
  rpcUrl: ['KEY0_RPC_URL'],
  agreementAbove: ['KEY0_AGREEMENT_ABOVE'],
  agreementRpcUrl: ['KEY0_AGREEMENT_RPC_URL'],
  finality: ['KEY0_FINALITY'],
  plans: ['PLANS'],
  plansBase64: ['PLANS_B64'],
  routes: ['ROUTES'],
  routesBase64: ['ROUTES_B64'],
  proxyToBaseUrl: ['PROXY_TO_BASE_URL'],
  proxySecret: ['KEY0_PROXY_SECRET'],
  proxyTimeoutMs: ['PROXY_TIMEOUT_MS'],
  proxyMaxStoredBytes: ['PROXY_MAX_STORED_BYTES'],
  challengeTTLSeconds: ['CHALLENGE_TTL_SECONDS'],
  paymentIdentifier: ['KEY0_PAYMENT_IDENTIFIER'],
  maxOpenChallenges: ['KEY0_MAX_OPEN_CHALLENGES'],
  maxOpenPerCaller: ['KEY0_MAX_OPEN_PER_CALLER'],
  callerHeader: ['KEY0_CALLER_HEADER'],
  agentName: ['AGENT_NAME'],
  agentDescription: ['AGENT_DESCRIPTION'],
  providerName: ['PROVIDER_NAME'],
  providerUrl: ['PROVIDER_URL'],
  a2aEnabled: ['A2A_ENABLED'],
  basePath: ['BASE_PATH'],
  mcp: ['MCP_ENABLED'],
  mcpRouteTools: ['MCP_ROUTE_TOOLS'],
  mcpAllowedOrigins: ['MCP_ALLOWED_ORIGINS'],
  discover: ['DISCOVER_ENABLED'],
  llms: ['LLMS_ENABLED'],
  skills: ['SKILLS_MD_ENABLED'],
  wellKnown: ['X402_WELL_KNOWN_ENABLED'],
  openapi: ['OPENAPI_ENABLED'],
  tokenInfo: ['TOKEN_INFO_ENABLED'],
  tokenMode: ['TOKEN_MODE'],
  accessTokenSecret: ['KEY0_ACCESS_TOKEN_SECRET', 'ACCESS_TOKEN_SECRET'],
  accessTokenPrivateKey: ['KEY0_ACCESS_TOKEN_PRIVATE_KEY'],
  accessTokenPreviousKeys: ['KEY0_ACCESS_TOKEN_PREVIOUS_KEYS'],
  issueTokenApi: ['ISSUE_TOKEN_API'],
  revokeTokenApi: ['REVOKE_TOKEN_API'],
  backendApiUrl: ['BACKEND_API_URL'],
  notifyRequests: ['KEY0_NOTIFY_REQUESTS'],
  backendHealthUrl: ['BACKEND_HEALTH_URL'],
  tokenIssueTimeoutMs: ['TOKEN_ISSUE_TIMEOUT_MS'],
  tokenIssueRetries: ['TOKEN_ISSUE_RETRIES'],
  backendAuthStrategy: ['BACKEND_AUTH_STRATEGY'],
  internalAuthSecret: ['INTERNAL_AUTH_SECRET'],
  issueTokenApiSecret: ['ISSUE_TOKEN_API_SECRET'],
  webhookUrls: ['KEY0_WEBHOOK_URLS'],
  webhookSecret: ['KEY0_WEBHOOK_SECRET'],
  webhookPrivate: ['KEY0_WEBHOOK_PRIVATE'],
  storageBackend: ['STORAGE_BACKEND'],
  dataDir: ['KEY0_DATA_DIR'],
  redisUrl: ['REDIS_URL'],
  databaseUrl: ['DATABASE_URL'],
  encryptionKey: ['KEY0_ENCRYPTION_KEY'],
  receiptPrivateKey: ['KEY0_RECEIPT_PRIVATE_KEY'],
  managedInfra: ['KEY0_MANAGED_INFRA'],
  exact: ['KEY0_EXACT'],
  useGasWallet: ['USE_GAS_WALLET'],
  gasWalletPrivateKey: ['GAS_WALLET_PRIVATE_KEY'],
  facilitatorUrl: ['KEY0_FACILITATOR_URL'],
  cdpApiKeyId: ['CDP_API_KEY_ID'],
  cdpApiKeySecret: ['CDP_API_KEY_SECRET'],
  walletPrivateKey: ['KEY0_WALLET_PRIVATE_KEY'],
  refunds: ['REFUNDS'],
  refundIntervalMs: ['REFUND_INTERVAL_MS'],
  refundMinAgeMs: ['REFUND_MIN_AGE_MS'],
  refundBatchSize: ['REFUND_BATCH_SIZE'],
  strayTransfers: ['KEY0_STRAY_TRANSFERS'],
  retiredWallets: ['KEY0_RETIRED_WALLETS'],
  accountFromBlock: ['KEY0_ACCOUNT_FROM_BLOCK'],
  refundMaxCountPerHour: ['REFUND_MAX_COUNT_PER_HOUR'],
  refundMaxCountPerDay: ['REFUND_MAX_COUNT_PER_DAY'],
  refundMaxValuePerHour: ['REFUND_MAX_VALUE_PER_HOUR'],
  refundMaxValuePerDay: ['REFUND_MAX_VALUE_PER_DAY'],
  adminToken: ['KEY0_ADMIN_TOKEN'],
  metricsPort: ['KEY0_METRICS_PORT'],
  logLevel: ['LOG_LEVEL'],
} as const

/** Secrets may also come from a file, named by the variable with `_FILE` behind it. */
const secrets: readonly Setting[] = [
  'accessTokenSecret',
  'accessTokenPrivateKey',
  'internalAuthSecret',
  'proxySecret',
  'issueTokenApiSecret',
  'webhookUrls',
  'webhookSecret',
  'gasWalletPrivateKey',
  'cdpApiKeySecret',
  'walletPrivateKey',
  'redisUrl',
  'databaseUrl',
  'encryptionKey',
  'receiptPrivateKey',
  'adminToken',
  'rpcUrl',
  'agreementRpcUrl',
]

/** The refund worker's, which may stand in the same file. */
const others = { BULLMQ_REDIS_URL: 'elsewhere' } as const

const table = { names, secrets, others }

export type { Env }
export type Setting = keyof typeof names
export type RawConfig = AnyRawConfig<Setting>

/** Step 1, names only: the one place of this app that spells an environment variable. */
export function readEnv(env: Env): RawConfig {
  return readSettings(env, table)
}

/** Every name that is read, with its setting; the README's table is checked against it. */
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
