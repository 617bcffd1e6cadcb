import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createEvmChain } from '@key0/chain-evm'
import { createRefunds, type RefundResult } from '@key0/refunds'
import type { Sandbox } from '@key0/sandbox'
import { createSqliteStore } from '@key0/store-sqlite'
import { type SpawnedProgram, spawnProgram, urlOf } from '@key0/test-services'
import { type Ledger, openLedger } from '../crash/openLedger.ts'
import type { BookedOrder } from './bookedProgram.ts'
import { createExchanges } from './Exchanges.ts'
import { listRecords } from './listRecords.ts'
import { type Books, startBooks } from './startBooks.ts'
import { newWallet, type ShopSeen } from './startShop.ts'

/** A process that serves nothing its seller's books do not have. */
export type BookedShop = AsyncDisposable &
  ShopSeen & {
    readonly books: Books
    readonly ledger: Ledger
    readonly process: () => SpawnedProgram
    /** Starts it again on the same data, when the leases of the one before are over. */
    readonly restart: () => Promise<void>
    /** What a refund worker of the same machine does, when those leases are over. */
    readonly refund: () => Promise<readonly RefundResult[]>
  }

const program = fileURLToPath(new URL('bookedProgram.ts', import.meta.url))
/** Longer than a lease. */
const LATER_MS = 10_000

export async function startBookedShop(sandbox: Sandbox): Promise<BookedShop> {
  await using stack = new AsyncDisposableStack()
  const dataDir = await mkdtemp(join(tmpdir(), 'key0-booked-'))
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const seller = await newWallet(sandbox, { eth: 10n ** 18n })
  const gas = await newWallet(sandbox, { eth: 10n ** 18n })
  const books = stack.use(await startBooks())
  const order: Omit<BookedOrder, 'aheadMs'> = {
    ...{ dataDir, rpcUrl: sandbox.rpcUrl, booksUrl: books.url },
    ...{ seller: seller.address, gasKey: gas.privateKey },
  }
  const start = async (aheadMs: number) => {
    const process = spawnProgram(program, {}, [JSON.stringify({ ...order, aheadMs })])
    return { process, url: await urlOf(process) }
  }
  let running = await start(0)
  stack.defer(() => running.process.kill())
  const ledger = openLedger(dataDir)
  stack.defer(() => ledger.close())
  const clock = { nowMs: () => Date.now() + LATER_MS }
  const store = createSqliteStore({ dataDir, clock })
  stack.defer(() => store.close())
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: sandbox.rpcUrl, clock })
  stack.defer(async () => chain.close())
  const walletPrivateKey = seller.privateKey
  const refunds = createRefunds({ store, chain, walletPrivateKey, clock, minAgeMs: 0 })
  const owned = stack.move()
  return {
    ...{ sandbox, seller, books, ledger, clock: { nowMs: () => Date.now() } },
    exchanges: createExchanges(() => running.url, clock),
    get url() {
      return running.url
    },
    store: () => store,
    records: () => listRecords(store),
    process: () => running.process,
    async restart() {
      await running.process.kill()
      running = await start(LATER_MS)
    },
    refund: () => refunds.run(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
