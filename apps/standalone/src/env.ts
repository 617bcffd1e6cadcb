import { readFileSync } from 'node:fs'

/** Names in the order in which they count: the first that is set wins. */
const names = {
  walletAddress: ['KEY0_WALLET_ADDRESS'],
  network: ['KEY0_NETWORK'],
  port: ['KEY0_PORT', 'PORT'],
  host: ['KEY0_HOST'],
  publicUrl: ['KEY0_PUBLIC_URL', 'AGENT_URL'],
  rpcUrl: ['KEY0_RPC_URL'],
  finality: ['KEY0_FINALITY'],
  plans: ['PLANS'],
  plansBase64: ['PLANS_B64'],
  challengeTTLSeconds: ['CHALLENGE_TTL_SECONDS'],
  agentName: ['AGENT_NAME'],
  agentDescription: ['AGENT_DESCRIPTION'],
  providerName: ['PROVIDER_NAME'],
  providerUrl: ['PROVIDER_URL'],
  basePath: ['BASE_PATH'],
  tokenMode: ['TOKEN_MODE'],
  accessTokenSecret: ['KEY0_ACCESS_TOKEN_SECRET', 'ACCESS_TOKEN_SECRET'],
  issueTokenApi: ['ISSUE_TOKEN_API'],
  backendApiUrl: ['BACKEND_API_URL'],
  tokenIssueTimeoutMs: ['TOKEN_ISSUE_TIMEOUT_MS'],
  tokenIssueRetries: ['TOKEN_ISSUE_RETRIES'],
  backendAuthStrategy: ['BACKEND_AUTH_STRATEGY'],
  internalAuthSecret: ['INTERNAL_AUTH_SECRET'],
  issueTokenApiSecret: ['ISSUE_TOKEN_API_SECRET'],
  storageBackend: ['STORAGE_BACKEND'],
  dataDir: ['KEY0_DATA_DIR'],
  redisUrl: ['REDIS_URL'],
  databaseUrl: ['DATABASE_URL'],
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
  logLevel: ['LOG_LEVEL'],
} as const

/** Secrets may also come from a file, named by the variable with `_FILE` behind it. */
const secrets: readonly Setting[] = [
  'accessTokenSecret',
  'internalAuthSecret',
  'issueTokenApiSecret',
  'gasWalletPrivateKey',
  'cdpApiKeySecret',
  'walletPrivateKey',
  'redisUrl',
  'databaseUrl',
  'rpcUrl',
]

/**
 * Settings of the whole product that this version cannot honour. `wrong`: without it something
 * else than the seller believes would be sold or kept, so the gateway does not start.
 */
const later: Readonly<Record<string, 'wrong' | 'missing'>> = {
  ROUTES: 'wrong',
  ROUTES_B64: 'wrong',
  PROXY_TO_BASE_URL: 'wrong',
  KEY0_PROXY_SECRET: 'wrong',
  KEY0_WEBHOOK_URLS: 'wrong',
  KEY0_WEBHOOK_SECRET: 'wrong',
  KEY0_ENCRYPTION_KEY: 'wrong',
  KEY0_ADMIN_TOKEN: 'missing',
  KEY0_METRICS_PORT: 'missing',
  KEY0_MANAGED_INFRA: 'missing',
  BULLMQ_REDIS_URL: 'missing',
  A2A_ENABLED: 'missing',
  MCP_ENABLED: 'missing',
  LLMS_ENABLED: 'missing',
  SKILLS_MD_ENABLED: 'missing',
}

export type Setting = keyof typeof names
export type Env = Readonly<Record<string, string | undefined>>

/** What the environment says, by setting; mistakes of naming and reading collected. */
export type RawConfig = {
  readonly values: Readonly<Partial<Record<Setting, string>>>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** The name an operator should see in a message about a setting. */
export function nameOf(setting: Setting): string {
  return names[setting][0]
}

/** Step 1, names only: the one place of this app that spells an environment variable. */
export function readEnv(env: Env): RawConfig {
  const values: Partial<Record<Setting, string>> = {}
  const problems: string[] = unknownNames(env)
  for (const setting of Object.keys(names) as Setting[]) {
    for (const name of names[setting]) {
      const value = read(env, name, secrets.includes(setting), problems)
      if (value !== undefined) values[setting] ??= value
    }
  }
  const [wrong, missing] = laterNames(env)
  return { values, problems: [...problems, ...wrong], warnings: missing }
}

/** Every name that is read, with its setting; the README's table is checked against it. */
export function knownNames(): readonly string[] {
  return Object.values(names).flat()
}

/** Every name that is known and not part of this version. */
export function laterVersionNames(): readonly string[] {
  return Object.keys(later)
}

/** The names that may also end in `_FILE`. */
export function secretNames(): readonly string[] {
  return secrets.flatMap((setting) => [...names[setting]])
}

function laterNames(env: Env): readonly [wrong: readonly string[], missing: readonly string[]] {
  const set = Object.keys(later).filter((name) => env[name] && env[name] !== 'false')
  const say = (name: string): string => `${name} is not part of this version`
  return [
    set.filter((name) => later[name] === 'wrong').map(say),
    set.filter((name) => later[name] === 'missing').map((name) => `${say(name)}: ignored.`),
  ]
}

function read(env: Env, name: string, mayBeFile: boolean, problems: string[]): string | undefined {
  // Blanks around a value come from files and shells, never from who wrote it.
  const value = env[name]?.trim()
  const file = mayBeFile ? env[`${name}_FILE`] : undefined
  if (!file) return value === '' ? undefined : value
  if (value) problems.push(`${name} and ${name}_FILE are both set: keep one`)
  try {
    const text = readFileSync(file, 'utf8').trim()
    if (text !== '') return text
    problems.push(`${name}_FILE names an empty file`)
  } catch {
    problems.push(`${name}_FILE names a file that cannot be read`)
  }
  return undefined
}

/** A misspelt name would be a setting silently ignored. */
function unknownNames(env: Env): string[] {
  const known = knownNames()
  const files = secretNames().map((name) => `${name}_FILE`)
  const all = [...known, ...files, ...Object.keys(later)]
  return Object.keys(env)
    .filter((name) => name.startsWith('KEY0_') && env[name] && !all.includes(name))
    .map((name) => `${name} is not a setting; did you mean ${nearest(name, known)}?`)
}

function nearest(name: string, known: readonly string[]): string {
  const candidates = known.filter((other) => other.startsWith('KEY0_'))
  return candidates.reduce((best, other) =>
    distance(name, other) < distance(name, best) ? other : best,
  )
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return row[b.length] as number
}

/** The environment of this process. */
export function currentEnv(): Env {
  return process.env
}
