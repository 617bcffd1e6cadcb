import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { freePort } from '@key0/test-services'
import type { Bench, BenchOptions, Report } from '../Bench.ts'
import { median, round } from '../stats.ts'

/** How soon the gateway answers, and what it takes while nobody asks. */
export const start: Bench = {
  name: 'start',
  summary: 'start of the standalone gateway until /health is well, and its memory when idle',
  run,
}

const program = fileURLToPath(new URL('../../../apps/standalone/dist/main.js', import.meta.url))
const bare = fileURLToPath(new URL('./bareServer.ts', import.meta.url))

type Sample = { readonly readyMs: number; readonly rssMiB: number }

async function run({ isQuick, say }: BenchOptions): Promise<Report> {
  if (!existsSync(program)) throw new Error('apps/standalone is not built: run "npm run build"')
  const [rounds, idleMs] = isQuick ? [1, 200] : [5, 5_000]
  await using sandbox = await startSandbox()
  const kinds = ['bare Hono', 'memory', 'embedded'] as const
  const samples = new Map<string, Sample[]>(kinds.map((kind) => [kind, []]))
  for (let at = 0; at < rounds; at += 1) {
    for (const kind of kinds) {
      samples.get(kind)?.push(await sample(kind, sandbox, idleMs))
    }
    say(`round ${at + 1} of ${rounds}`)
  }
  const middle = (kind: string, field: keyof Sample): number =>
    median((samples.get(kind) ?? []).map((it) => it[field]))
  const base = middle('bare Hono', 'readyMs')
  return {
    bench: 'start',
    tables: [
      {
        title: `From the start of the process to /health, and memory after ${idleMs / 1000} s idle; median of ${rounds}`,
        columns: ['program', 'ready ms', 'of bare', 'slowest ms', 'idle RSS MiB'],
        rows: kinds.map((kind) => [
          kind === 'bare Hono' ? kind : `standalone, ${kind} store`,
          round(middle(kind, 'readyMs'), 0),
          round(middle(kind, 'readyMs') / base, 1),
          round(Math.max(...(samples.get(kind) ?? []).map((it) => it.readyMs)), 0),
          round(middle(kind, 'rssMiB'), 0),
        ]),
      },
    ],
    bars: [],
    notes: ['"bare Hono" is a server with one route and nothing else, started the same way.'],
  }
}

async function sample(
  kind: 'bare Hono' | 'memory' | 'embedded',
  sandbox: Sandbox,
  idleMs: number,
): Promise<Sample> {
  const port = await freePort()
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-bench-'))
  const startedAt = performance.now()
  const child = spawn(process.execPath, [kind === 'bare Hono' ? bare : program], {
    env: { PATH: process.env.PATH, ...environment(kind, sandbox, port, dataDir) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    await untilHealthy(port, () => child.exitCode !== null)
    const readyMs = performance.now() - startedAt
    await new Promise((done) => setTimeout(done, idleMs))
    const rssMiB = Number(execFileSync('ps', ['-o', 'rss=', '-p', `${child.pid}`])) / 1024
    return { readyMs, rssMiB }
  } finally {
    if (child.exitCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    await rm(dataDir, { recursive: true, force: true })
  }
}

function environment(
  kind: string,
  { rpcUrl, wallets }: Sandbox,
  port: number,
  dataDir: string,
): Record<string, string> {
  if (kind === 'bare Hono') return { PORT: `${port}` }
  return {
    KEY0_PORT: `${port}`,
    KEY0_HOST: '127.0.0.1',
    KEY0_RPC_URL: rpcUrl,
    KEY0_WALLET_ADDRESS: wallets.seller.address,
    KEY0_ACCESS_TOKEN_SECRET: 'a'.repeat(48),
    USE_GAS_WALLET: 'true',
    GAS_WALLET_PRIVATE_KEY: wallets.gas.privateKey,
    STORAGE_BACKEND: kind,
    KEY0_DATA_DIR: dataDir,
    LOG_LEVEL: 'error',
  }
}

async function untilHealthy(port: number, hasEnded: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (performance.now() < deadline && !hasEnded()) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    await new Promise((done) => setTimeout(done, 10))
  }
  throw new Error('the server did not become healthy')
}
