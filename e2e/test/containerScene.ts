import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { freePort } from '@key0/test-services'
import { vi } from 'vitest'
import { type Buyer, createBuyer } from '../crash/createBuyer.ts'
import { walletOf } from '../crash/gatewayEnv.ts'
import { type Backend, startBackend } from '../crash/startBackend.ts'
import type { Engine } from './containerEngine.ts'

export const profiles = ['none', 'redis', 'postgres', 'full'] as const
export type Profile = (typeof profiles)[number]

export type Images = { readonly gateway: string; readonly worker: string }

/** One profile of the compose file, up, beside a chain and a backend of this machine. */
export type ContainerScene = AsyncDisposable & {
  readonly backend: Backend
  readonly nextBuyer: () => Buyer
  /** What the buyer has, against what it began with. */
  readonly missing: (buyer: Buyer) => Promise<bigint>
  /** What the seller sent it, transfer by transfer. */
  readonly refundsOf: (buyer: Buyer) => Promise<readonly bigint[]>
  /** Our own programs' containers, by service. */
  readonly programs: ReadonlyMap<string, string>
  /** Of a container, as Docker's own template says it. */
  readonly inspect: (container: string, template: string) => Promise<string>
  readonly logs: (container: string) => Promise<string>
  readonly untilHealthy: () => Promise<void>
}

const file = fileURLToPath(new URL('../../deploy/compose/compose.yaml', import.meta.url))
const purse = 1_000_000_000n
const buyers = ['buyer-0', 'buyer-1', 'buyer-2'] as const

export async function startContainerScene(
  engine: Engine,
  profile: Profile,
  images: Images,
): Promise<ContainerScene> {
  await using stack = new AsyncDisposableStack()
  const { host, docker } = engine
  const wallets = [...buyers, 'gas-worker']
  const chain = stack.use(await startSandbox<string>({ wallets, host: host.listen }))
  const backend = stack.use(await startBackend(host.listen))
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'key0-containers-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const envFile = join(folder, 'env')
  const reached = (url: string): string => `http://${host.name}:${new URL(url).port}`
  const settings = { ...settingsOf(chain, images, port), ENV_FILE: envFile }
  const places = {
    KEY0_RPC_URL: reached(chain.rpcUrl),
    ISSUE_TOKEN_API: `${reached(backend.url)}/internal/issue-token`,
  }
  const lines = Object.entries({ ...settings, ...places }).map(([name, it]) => `${name}=${it}`)
  writeFileSync(envFile, `${lines.join('\n')}\n`)
  const project = `key0test${port}`
  const compose = (...args: readonly string[]): Promise<string> =>
    engine.compose([
      ...['--file', file, '--env-file', envFile, '--project-name', project],
      ...['--profile', profile, ...args],
    ])
  stack.defer(async () => {
    await compose('down', '--volumes', '--timeout', '1')
  })
  await compose('up', '--detach', '--no-build')
  const inspect: ContainerScene['inspect'] = async (container, template) =>
    (await docker('inspect', '--format', template, container)).trim()
  const programs = await listPrograms(docker, inspect, project)
  let used = 0
  const owned = stack.move()
  return {
    backend,
    nextBuyer: () => {
      used += 1
      return createBuyer(walletOf(chain, `buyer-${used - 1}`), `http://127.0.0.1:${port}`)
    },
    missing: async ({ address }) => purse - (await chain.balanceOf(address)),
    refundsOf: async ({ address }) => {
      const from = walletOf(chain, 'seller').address
      return (await chain.transfers({ from, to: address })).map(({ value }) => value)
    },
    programs,
    inspect,
    logs: engine.logs,
    untilHealthy: async () => {
      for (const [service, container] of programs)
        await vi.waitFor(
          async () => {
            const health = await inspect(container, '{{.State.Health.Status}}')
            if (health === 'healthy') return
            throw new Error(`${service} is ${health}:\n${await engine.logs(container)}`)
          },
          { timeout: 60_000, interval: 250 },
        )
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** What an operator writes into .env. */
function settingsOf(chain: Sandbox<string>, images: Images, port: number): Record<string, string> {
  return {
    GATEWAY_IMAGE: images.gateway,
    WORKER_IMAGE: images.worker,
    WORKER_GAS_WALLET_PRIVATE_KEY: walletOf(chain, 'gas-worker').privateKey,
    KEY0_PORT: `${port}`,
    KEY0_PUBLIC_URL: `http://127.0.0.1:${port}`,
    KEY0_WALLET_ADDRESS: walletOf(chain, 'seller').address,
    KEY0_WALLET_PRIVATE_KEY: walletOf(chain, 'seller').privateKey,
    GAS_WALLET_PRIVATE_KEY: walletOf(chain, 'gas').privateKey,
    PLANS: `'[{"planId":"report","unitAmount":"$0.25"}]'`,
    TOKEN_ISSUE_TIMEOUT_MS: '1000',
    TOKEN_ISSUE_RETRIES: '0',
    REFUND_MIN_AGE_MS: '0',
    REFUND_INTERVAL_MS: '200',
  }
}

async function listPrograms(
  docker: Engine['docker'],
  inspect: ContainerScene['inspect'],
  project: string,
): Promise<ReadonlyMap<string, string>> {
  const label = `label=com.docker.compose.project=${project}`
  const ids = (await docker('ps', '--all', '--quiet', '--filter', label)).trim().split('\n')
  const service = '{{index .Config.Labels "com.docker.compose.service"}}'
  const named = await Promise.all(ids.map(async (id) => [await inspect(id, service), id] as const))
  return new Map(named.filter(([name]) => /^(?:gateway|refund-worker)/.test(name)))
}
