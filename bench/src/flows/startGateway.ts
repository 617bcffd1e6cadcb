import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxControl } from '@key0/sandbox'
import type { GatewaySettings } from '../gatewayServer.ts'
import { type MeasuredServer, startServer } from '../MeasuredServer.ts'

/** A gateway with one gas wallet and the embedded store, in a process of its own. */
export async function startGateway(
  sandbox: Pick<SandboxControl, 'rpcUrl' | 'wallets'>,
  overrides: Partial<GatewaySettings> = {},
): Promise<MeasuredServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-bench-'))
  const server = await startServer(new URL('../gatewayServer.ts', import.meta.url), {
    rpcUrl: sandbox.rpcUrl,
    walletAddress: sandbox.wallets.seller.address,
    gasWalletPrivateKey: sandbox.wallets.gas.privateKey,
    dataDir,
    ...overrides,
  } satisfies GatewaySettings)
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
