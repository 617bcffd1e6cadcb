import { readFileSync } from 'node:fs'
import { names, type Setting, secrets } from './Environment.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** What the environment says, by setting; mistakes of naming and reading collected. */
export type RawConfig<setting extends string> = {
  readonly values: Readonly<Partial<Record<setting, string>>>
  readonly problems: readonly string[]
  /** The name an operator should see in a message about a setting. */
  readonly nameOf: (setting: setting) => string
}

/**
 * Step 1, names only. Nothing is judged here but how it is named and where it is read from.
 *
 * @param settings those of one program; what else the deployment has is another program's
 */
export function readSettings<setting extends Setting>(
  env: Env,
  settings: readonly setting[],
): RawConfig<setting> {
  const values: Partial<Record<setting, string>> = {}
  const problems = unknownNames(env)
  for (const setting of settings) {
    for (const name of names[setting]) {
      const value = read(env, name, secrets.includes(setting), problems)
      if (value !== undefined) values[setting] ??= value
    }
  }
  return { values, problems, nameOf: (setting) => names[setting][0] }
}

/** Every name that is read; a README's table is checked against it. */
export function knownNames(settings: readonly Setting[]): readonly string[] {
  return settings.flatMap((setting) => names[setting])
}

/** The names that may also end in `_FILE`. */
export function secretNames(settings: readonly Setting[]): readonly string[] {
  return knownNames(settings.filter((setting) => secrets.includes(setting)))
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
  const known = Object.values(names).flat()
  const all = [...known, ...secretNames(secrets).map((name) => `${name}_FILE`)]
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
