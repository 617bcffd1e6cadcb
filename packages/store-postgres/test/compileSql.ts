import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../sql/', import.meta.url)

/** Functions that others name in their declarations come first; the rest by name. */
const first = ['cutoff', 'forgotten', 'iso', 'isLive', 'encode', 'outcome', 'entry', 'start']

/** `src/sqlFiles.ts` as the files under `sql/` make it. */
export function compileSql(): string {
  const steps = listSql('').map((file) => read(file))
  const names = listSql('ops/').map((file) => file.replace(/^ops\/|\.sql$/g, ''))
  const order = [...first, ...names.filter((name) => !first.includes(name))]
  const operations = order.map((name) => read(`ops/${name}.sql`))
  const list = (texts: readonly string[]): string =>
    texts.map((text) => `  \`${text}\`,`).join('\n')
  return `/*
 * Made from the files under sql/ by \`vitest run --update\`. Do not edit: edit those.
 */

/** The numbered migrations, in order. */
export const steps: readonly string[] = [
${list(steps)}
]

/** The functions, those that others are declared with first. */
export const operations: readonly string[] = [
${list(operations)}
]
`
}

function listSql(under: string): readonly string[] {
  const files = readdirSync(new URL(`./${under}`, folder)).filter((file) => file.endsWith('.sql'))
  return files.toSorted().map((file) => `${under}${file}`)
}

/** The statements without the lines that are only comments: those are for readers of the files. */
function read(file: string): string {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const lines = text.split('\n').filter((line) => !/^\s*--/.test(line))
  const statements = lines.join('\n').replace(/\n{3,}/g, '\n\n')
  if (/[`\\]|\$\{/.test(statements))
    throw new Error(`${file} holds what a template literal changes.`)
  return `\n${statements.trim()}\n`
}
