/*
 * `npm run check`: everything that can be said about the repository without running it.
 * `npm run check -- imports types` runs some of it.
 */
import { join } from 'node:path'
import { changesets } from './changesets.ts'
import { errorPages } from './errorPages.ts'
import { imports } from './imports.ts'
import { manifests } from './manifests.ts'
import { portable } from './portable.ts'
import { publicNames } from './publicNames.ts'
import { runTool } from './runTool.ts'
import { tarballs } from './tarballs.ts'

type Check = {
  readonly name: string
  /** Resolves to what is wrong: nothing when the check passes. */
  readonly run: (root: string) => Promise<readonly string[]>
}

type Result = { readonly name: string; readonly ok: boolean; readonly seconds: string }

function tool(name: string, ...args: readonly string[]): Check['run'] {
  return async (root) => [await runTool(root, name, args)].filter((output) => output !== undefined)
}

/** The longest first, because two run at a time. */
const checks: readonly Check[] = [
  { name: 'tarballs', run: tarballs },
  { name: 'format', run: tool('biome', 'check', '--error-on-warnings', '.') },
  { name: 'types', run: tool('tsc', '--project', 'tsconfig.json') },
  { name: 'floor', run: tool('tsc', '--project', 'tsconfig.floor.json') },
  { name: 'unused', run: tool('knip', '--no-progress', '--no-config-hints') },
  { name: 'imports', run: imports },
  { name: 'manifests', run: manifests },
  { name: 'names', run: publicNames },
  { name: 'errors', run: errorPages },
  { name: 'portable', run: portable },
  { name: 'changesets', run: changesets },
]

async function execute(check: Check, root: string): Promise<Result> {
  const started = performance.now()
  let problems: readonly string[]
  try {
    problems = await check.run(root)
  } catch (error) {
    problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (problems.length > 0) console.error(`\n--- ${check.name}\n${problems.join('\n')}`)
  return { name: check.name, ok: problems.length === 0, seconds }
}

async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !checks.some((check) => check.name === name))
  if (unknown.length > 0) {
    const known = checks.map(({ name }) => name).join(', ')
    console.error(`There is no check called ${unknown.join(', ')}. There are: ${known}`)
    process.exitCode = 1
    return
  }
  const root = join(import.meta.dirname, '../..')
  const chosen = checks.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const next = chosen.values()
  const results: Result[] = []
  const work = async (): Promise<void> => {
    for (const check of next) results.push(await execute(check, root))
  }
  await Promise.all([work(), work()])

  const width = Math.max(...results.map(({ name }) => name.length))
  console.log('')
  for (const { name, ok, seconds } of results) {
    console.log(`${name.padEnd(width)}  ${ok ? 'ok    ' : 'FAILED'}  ${seconds.padStart(5)} s`)
  }
  const failed = results.filter(({ ok }) => !ok).length
  console.log(failed === 0 ? 'All checks passed.' : `${failed} of ${results.length} checks failed.`)
  process.exitCode = failed === 0 ? 0 : 1
}

await main(process.argv.slice(2))
