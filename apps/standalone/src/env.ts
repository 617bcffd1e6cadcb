import {
  type RawConfig as AnyRawConfig,
  type Env,
  gatewayNames,
  knownNames as namesOf,
  readSettings,
  secretNames as secretsOf,
} from '@key0/app-kit'

export type { Env }
export type Setting = keyof typeof gatewayNames
export type RawConfig = AnyRawConfig<Setting>

const settings = Object.keys(gatewayNames) as readonly Setting[]

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
