import type { Hex } from '@key0/core'
import { afterAll, expect, test, vi } from 'vitest'
import { audit } from '../crash/audit.ts'
import type { Buyer } from '../crash/createBuyer.ts'
import { walletOf } from '../crash/gatewayEnv.ts'
import type { SharedKind } from '../crash/openShared.ts'
import { type Fleet, startFleet } from '../crash/startFleet.ts'
import { stopServers } from '../src/servers.ts'

/*
 * Refund workers as processes of their own, on one store and with one wallet between them, which
 * pays its own gas: all that is owed goes back, once, and hardly a transaction is made for nothing.
 * KEY0_BACKLOG says how much is owed; 1000 tries every row.
 */
const owed = Number(process.env.KEY0_BACKLOG ?? 40)

type Row = {
  readonly store: SharedKind
  readonly workers: number
  /** Whether many refunds may share a transaction. */
  readonly carriers: 'batched' | 'single'
}

const usual: readonly Row[] = [
  { store: 'redis', workers: 2, carriers: 'single' },
  { store: 'postgres', workers: 3, carriers: 'single' },
]
const all: readonly Row[] = (['redis', 'postgres'] as const).flatMap((store) =>
  [2, 8].flatMap((workers) =>
    (['batched', 'single'] as const).map((carriers) => ({ store, workers, carriers })),
  ),
)

const MULTICALL = '0xcA11bde05977b3631167028862bE2a173976CA11'
const BUYERS = Math.min(50, Math.ceil(owed / 5))

vi.setConfig({ testTimeout: 60_000 + owed * 600 })
afterAll(stopServers)

test.each(owed < 1_000 ? usual : all)(
  `${owed} refunds by $workers workers with one wallet, $carriers, on $store`,
  async ({ carriers, ...place }) => {
    const env = { REFUND_MIN_AGE_MS: '0', REFUND_BATCH_SIZE: '50' }
    await using fleet = await startFleet({ ...place, buyers: BUYERS, env })
    const { chain, gateway, workers, backend, buyers } = fleet
    backend.setMode('fail')
    await gateway.start()
    await Promise.all(buyers.map((buyer, index) => lose(buyer, countOf(index))))
    await gateway.process().kill()
    if (carriers === 'single') await ask(chain.rpcUrl, 'anvil_setCode', [MULTICALL, '0x'])
    await chain.intervalMining(1)
    const seller = walletOf(chain, 'seller').address
    const before = await countTransactions(chain.rpcUrl, seller)
    await Promise.all(workers.map((worker) => worker.start()))
    const startedAtMs = Date.now()
    await untilRefunded(fleet, seller)
    const seconds = (Date.now() - startedAtMs) / 1_000
    await Promise.all(workers.map((worker) => worker.process().kill()))

    const refunds = await chain.transfers({ from: seller })
    const carried = new Set(refunds.map(({ transactionHash }) => transactionHash)).size
    const transactions = (await countTransactions(chain.rpcUrl, seller)) - before
    const wasted = transactions - carried
    const { records, ...sums } = await audit(fleet)
    const figures = { ...place, carriers, ...sums, seconds, transactions, wasted }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    expect(sums).toEqual({ payments: owed, refunds: owed, delivered: 0 })
    expect(records.filter(({ state }) => state === 'REFUNDED')).toHaveLength(owed)
    expect(wasted / transactions).toBeLessThanOrEqual(0.05)
  },
)

/** How many of all that are owed are this buyer's. */
const countOf = (index: number): number =>
  Math.floor(owed / BUYERS) + (index < owed % BUYERS ? 1 : 0)

/** Pays for what is not delivered, again and again. */
async function lose(buyer: Buyer, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const purchase = buyer.buy()
    let answer = await purchase.first
    // A gateway that settles many at once may ask somebody to come back for the answer.
    while (answer?.status === 503) answer = await purchase.repeat()
    expect(answer?.status).toBe(502)
  }
}

async function untilRefunded({ chain, records }: Fleet, seller: Hex): Promise<void> {
  await vi.waitFor(
    async () => expect((await chain.transfers({ from: seller })).length).toBe(owed),
    { timeout: 30_000 + owed * 200, interval: 250 },
  )
  const isRefunded = async (): Promise<boolean> =>
    (await records()).every(({ state }) => state === 'REFUNDED')
  await vi.waitFor(async () => expect(await isRefunded()).toBe(true), {
    timeout: 60_000,
    interval: 500,
  })
}

async function countTransactions(rpcUrl: string, wallet: Hex): Promise<number> {
  return Number(await ask(rpcUrl, 'eth_getTransactionCount', [wallet, 'latest']))
}

async function ask(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', headers, body })
  return ((await response.json()) as { readonly result: unknown }).result
}
