/*
 * `npm test`: every test of the repository in one vitest run, whose result ends in one line that a
 * person and a machine read alike: `12 passed, 0 failed`. Arguments are vitest's own
 * (`npm test -- packages/core`).
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Report, summarize } from './summarize.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const vitest = join(root, 'node_modules/vitest/vitest.mjs')

function runVitest(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [vitest, 'run', ...args], { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole process group: vitest already has it.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

async function readReport(file: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

const directory = await mkdtemp(join(tmpdir(), 'key0-test-'))
try {
  const file = join(directory, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const exitCode = await runVitest([...reporters, ...process.argv.slice(2)])
  const summary = summarize(await readReport(file), exitCode)
  for (const reason of summary.reasons) console.error(`not ok: ${reason}`)
  console.log(summary.line)
  process.exitCode = summary.ok ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
