import { serve } from '@hono/node-server'
import type { Address, Hex } from '@key0/core'
import { createCallbackIssuer } from '@key0/delivery'
import { createKey0 } from '@key0/sdk'
import { createSqliteStore } from '@key0/store-sqlite'

/** What the process is told by its first argument, as JSON. */
export type BookedOrder = {
  readonly dataDir: string
  readonly rpcUrl: string
  readonly seller: Address
  readonly gasKey: Hex
  /** The seller's own books, which every payment must be in before it is served. */
  readonly booksUrl: string
  /** How far its clock is before the machine's: what leases of a process that died wait for. */
  readonly aheadMs: number
}

// A seller's own server, which sells until it is killed.
const order = JSON.parse(process.argv[2] ?? '{}') as BookedOrder
const { dataDir, rpcUrl, seller, gasKey, booksUrl, aheadMs } = order
const clock = { nowMs: () => Date.now() + aheadMs }
const key0 = await createKey0({
  agentName: 'A seller with books',
  // Its buyers know it by this name, on whatever port it is started again.
  agentUrl: 'http://shop.example',
  walletAddress: seller,
  network: 'testnet',
  rpcUrl,
  plans: [{ planId: 'basic', unitAmount: '$0.10' }],
  store: createSqliteStore({ dataDir, clock, synchronous: 'NORMAL' }),
  clock,
  gasWalletPrivateKey: gasKey,
  tokenIssuer: createCallbackIssuer(({ challengeId }) => ({ token: `token-${challengeId}` }), {
    timeoutMs: 200,
  }),
  refunds: { automatic: true, minAgeMs: 0 },
  awaitOnPaid: true,
  async onPaid({ idempotencyKey, challengeId, txHash }) {
    const body = JSON.stringify({ idempotencyKey, challengeId, txHash })
    const { ok, status } = await fetch(booksUrl, { method: 'POST', body })
    if (!ok) throw new Error(`the books answered ${status}`)
    console.log('recorded')
  },
})
await key0.recover()
setInterval(() => void key0.recover(), 500)
serve({ fetch: key0.handler, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`Port ${port}. Keys held`)
})
