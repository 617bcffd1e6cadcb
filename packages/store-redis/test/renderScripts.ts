import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = new URL('../src/ops', import.meta.url).pathname
/** Each may use the names of those before it. */
const includes = ['clock', 'rules', 'records', 'move']

/** The module that carries the Lua files, so that they survive any bundler. */
export function renderScripts(): string {
  const read = (path: string): string => {
    const text = readFileSync(join(folder, path), 'utf8').trimEnd()
    if (/[`\\]|\$\{/.test(text)) throw new Error(`${path} has a character that needs escaping.`)
    return text
  }
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.lua'))
    .map((file) => file.slice(0, -'.lua'.length))
    .toSorted()
  const operations = names.map((name) => `  ${name}: \`\n${read(`${name}.lua`)}\n\`,\n`)
  return [
    '// biome-ignore-all lint/style/noExcessiveLinesPerFile: it is made of many files.\n',
    '// Made of the Lua files beside it: vitest run src/ops --update\n\n',
    `export type OperationName =\n${names.map((name) => `  | '${name}'\n`).join('')}\n`,
    '/** What the operations share. */\n',
    `export const prelude: string = \`\n${includes.map((name) => read(`includes/${name}.lua`)).join('\n\n')}\n\`\n\n`,
    '/** One atomic operation each; its contract is its header. */\n',
    `export const operations: Readonly<Record<OperationName, string>> = {\n${operations.join('')}}\n`,
  ].join('')
}
