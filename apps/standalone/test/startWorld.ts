import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type RpcProxy, type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'

export type Env = Readonly<Record<string, string>>

/** The program as a process of its own. */
export type Program = {
  readonly output: () => string
  readonly exited: Promise<number | string | null>
  readonly stop: () => Promise<void>
  /** As the kernel does it: nothing is finished. */
  readonly kill: () => Promise<void>
}

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export function spawnProgram(env: Env): Program {
  const child = spawn(process.execPath, ['--conditions=@key0/source', main], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text
    })
  const exited = new Promise<number | string | null>((done) =>
    child.once('close', (code, signal) => done(code ?? signal)),
  )
  return {
    output: () => printed,
    exited,
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** The port of a program that is up. */
export async function portOf(program: Program): Promise<number> {
  const ended = program.exited.then(() => 'ended' as const)
  for (;;) {
    const pause = new Promise((done) => setTimeout(done, 20))
    const isOver = (await Promise.race([pause, ended])) === 'ended'
    const port = /Port +(\d+)/.exec(program.output())?.[1]
    if (port && program.output().includes('Keys held')) return Number(port)
    if (isOver) throw new Error(`The gateway did not start:\n${program.output()}`)
  }
}

export type World = AsyncDisposable & {
  readonly chain: Sandbox
  readonly rpc: RpcProxy
  /** A whole environment, with a port and a data directory of its own. */
  readonly env: Env
}

export async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack()
  const chain = stack.use(await startSandbox())
  const rpc = stack.use(await startRpcProxy({ target: chain.rpcUrl }))
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-standalone-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const { seller, gas } = chain.wallets
  const env = {
    KEY0_PORT: '0',
    KEY0_HOST: '127.0.0.1',
    KEY0_DATA_DIR: dataDir,
    KEY0_RPC_URL: rpc.url,
    KEY0_WALLET_ADDRESS: seller.address,
    KEY0_WALLET_PRIVATE_KEY: seller.privateKey,
    GAS_WALLET_PRIVATE_KEY: gas.privateKey,
    KEY0_ACCESS_TOKEN_SECRET: 'canary-access-token-secret-of-32-bytes',
  }
  const owned = stack.move()
  return { chain, rpc, env, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}
