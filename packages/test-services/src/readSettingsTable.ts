/** What the table under "Settings" of a README says; the second column names the variables. */
type SettingsTable = {
  readonly names: readonly string[]
  /** Those whose meaning ends in "; secret". */
  readonly secrets: readonly string[]
  /** What its third column says, as it stands there, by the first name of the row. */
  readonly defaults: Readonly<Record<string, string | undefined>>
}

export function readSettingsTable(readme: string): SettingsTable {
  const settings = readme.split('## Settings')[1]?.split('\n## ')[0] ?? ''
  const rows = settings
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name = '', value, meaning = '']) => ({
      names: [...name.matchAll(/`(\w+)`/g)].map((match) => `${match[1]}`),
      ...{ value, meaning },
    }))
  const secrets = rows.filter(({ meaning }) => meaning.endsWith('; secret'))
  return {
    names: rows.flatMap(({ names }) => names),
    secrets: secrets.flatMap(({ names }) => names),
    defaults: Object.fromEntries(rows.map(({ names, value }) => [names[0], value])),
  }
}

/** The variables of an example environment under the headings that begin so, set or not. */
export function namesUnder(headings: readonly string[], example: string): readonly string[] {
  return example
    .split(/^## /m)
    .filter((section) => headings.some((heading) => section.startsWith(heading)))
    .flatMap((section) => [...section.matchAll(/^#?([A-Z0-9_]+)=/gm)].map(([, name]) => `${name}`))
}
