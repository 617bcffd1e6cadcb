import {
  type RawConfig as AnyRawConfig,
  type Env,
  knownNames as namesOf,
  readSettings,
  secretNames as secretsOf,
} from '@key0/app-kit'

/** What the worker reads of its deployment's environment. */
const settings = [
  'network',
  'rpcUrl',
  'agreementAbove',
  'agreementRpcUrl',
  'finality',
  'walletAddress',
  'walletPrivateKey',
  'gasWalletPrivateKey',
  'storageBackend',
  'pendingTTLSeconds',
  'dataDir',
  'redisUrl',
  'databaseUrl',
  'webhookSecret',
  'revokeTokenApi',
  'backendAuthStrategy',
  'internalAuthSecret',
  'issueTokenApiSecret',
  'queueRedisUrl',
  'refundIntervalMs',
  'refundMinAgeMs',
  'refundBatchSize',
  'accountFromBlock',
  'refundMaxCountPerHour',
  'refundMaxCountPerDay',
  'refundMaxValuePerHour',
  'refundMaxValuePerDay',
  'workerPort',
  'host',
  'logLevel',
] as const

export type Setting = (typeof settings)[number]
export type RawConfig = AnyRawConfig<Setting>

/** Step 1, names only. */
export function readEnv(env: Env): RawConfig {
  return readSettings(env, settings)
}

/** Every name that is read; the README's table is checked against it. */
export function knownNames(): readonly string[] {
  return namesOf(settings)
}

/** The names that may also end in `_FILE`. */
export function secretNames(): readonly string[] {
  return secretsOf(settings)
}

/** The environment of this process. */
export function currentEnv(): Env {
  return process.env
}
