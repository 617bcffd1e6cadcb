import {
  type RawConfig as AnyRawConfig,
  type Env,
  knownNames as namesOf,
  readSettings,
} from '@key0/app-kit'

/** What the command reads of the gateway's and the worker's environment. */
const settings = [
  'network',
  'rpcUrl',
  'agreementAbove',
  'agreementRpcUrl',
  'finality',
  'walletAddress',
  'retiredWallets',
  'walletPrivateKey',
  'gasWalletPrivateKey',
  'storageBackend',
  'pendingTTLSeconds',
  'dataDir',
  'redisUrl',
  'databaseUrl',
  'webhookSecret',
  'revokeTokenApi',
  'challengeTTLSeconds',
] as const

export type RawConfig = AnyRawConfig<(typeof settings)[number]>

/** Step 1, names only. */
export function readEnv(env: Env): RawConfig {
  return readSettings(env, settings)
}

/** Every name that is read; the README is checked against it. */
export function knownNames(): readonly string[] {
  return namesOf(settings)
}

/** The environment of this process. */
export function currentEnv(): Env {
  return process.env
}
