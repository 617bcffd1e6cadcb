import { randomBytes } from 'node:crypto'
import { createMemoryStore } from '@key0/core/memory'
import { key0 } from '@key0/middleware-hono'
import { createKey0 } from '@key0/sdk'
import { createSqliteStore } from '@key0/store-sqlite'
import { Hono } from 'hono'
import { serveMeasured } from './serveMeasured.ts'

/** How a gateway under measurement is set up; what is not here has its default. */
export type GatewaySettings = {
  readonly rpcUrl: string
  readonly walletAddress: `0x${string}`
  readonly gasWalletPrivateKey: `0x${string}`
  /** Where the embedded store lives; absent: the memory store. */
  readonly dataDir?: string
}

const { dataDir, ...settings } = JSON.parse(process.argv[2] ?? '{}') as GatewaySettings
const store = dataDir === undefined ? createMemoryStore() : createSqliteStore({ dataDir })
const gateway = await createKey0({
  ...settings,
  agentName: 'Benchmark',
  agentUrl: 'http://127.0.0.1:3000',
  network: 'testnet',
  plans: [{ planId: 'basic', unitAmount: '$0.01', description: 'One call of a measured API' }],
  store,
  fetchResourceCredentials: () => randomBytes(24).toString('base64url'),
  observe: (event) => {
    if (event.name === 'alert' || event.name === 'settlement.pending') console.error(event)
  },
})

serveMeasured(new Hono().use(key0(gateway.handler)).fetch, async () => {
  gateway.close()
  await store.close()
})
