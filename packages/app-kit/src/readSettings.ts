import { readFileSync } from 'node:fs'

export type Env = Readonly<Record<string, string | undefined>>

/** The environment variables of one program; its `env.ts` is the one place that spells them. */
export type SettingsTable<setting extends string> = {
  /** Names in the order in which they count: the first that is set wins. */
  readonly names: Readonly<Record<setting, readonly [string, ...string[]]>>
  /** Secrets may also come from a file, named by the variable with `_FILE` behind it. */
  readonly secrets: readonly setting[]
  /**
   * Names that are no settings here. `wrong`: without it something else than the operator
   * believes would happen, so the program does not start. `missing`: it says that it ignores it.
   * `elsewhere`: another program's, which may stand in the same file.
   */
  readonly others: Readonly<Record<string, 'wrong' | 'missing' | 'elsewhere'>>
}

/** What the environment says, by setting; mistakes of naming and reading collected. */
export type RawConfig<setting extends string> = {
  readonly values: Readonly<Partial<Record<setting, string>>>
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
  /** The name an operator should see in a message about a setting. */
  readonly nameOf: (setting: setting) => string
}

/** Step 1, names only. Nothing is judged here but how it is named and where it is read from. */
export function readSettings<setting extends string>(
  env: Env,
  table: SettingsTable<setting>,
): RawConfig<setting> {
  const { names, secrets } = table
  const values: Partial<Record<setting, string>> = {}
  const problems: string[] = unknownNames(env, table)
  for (const setting of Object.keys(names) as setting[]) {
    for (const name of names[setting]) {
      const value = read(env, name, secrets.includes(setting), problems)
      if (value !== undefined) values[setting] ??= value
    }
  }
  const [wrong, missing] = otherNames(env, table)
  const nameOf = (setting: setting): string => names[setting][0]
  return { values, problems: [...problems, ...wrong], warnings: missing, nameOf }
}

/** Every name that is read; a README's table is checked against it. */
export function knownNames(table: Pick<SettingsTable<string>, 'names'>): readonly string[] {
  return Object.values(table.names).flat()
}

/** The names that may also end in `_FILE`. */
export function secretNames<setting extends string>({
  names,
  secrets,
}: SettingsTable<setting>): readonly string[] {
  return secrets.flatMap((setting) => [...names[setting]])
}

function otherNames(
  env: Env,
  { others }: Pick<SettingsTable<string>, 'others'>,
): readonly [wrong: readonly string[], missing: readonly string[]] {
  const set = Object.keys(others).filter((name) => env[name] && env[name] !== 'false')
  const say = (name: string): string => `${name} is not part of this version`
  return [
    set.filter((name) => others[name] === 'wrong').map(say),
    set.filter((name) => others[name] === 'missing').map((name) => `${say(name)}: ignored.`),
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
function unknownNames<setting extends string>(env: Env, table: SettingsTable<setting>): string[] {
  const known = knownNames(table)
  const others = Object.keys(table.others)
  // Another program's secret may come from a file as well.
  const files = [...secretNames(table), ...others].map((name) => `${name}_FILE`)
  const all = [...known, ...files, ...others]
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
