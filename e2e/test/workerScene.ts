import { vi } from 'vitest'
import type { Buyer } from '../crash/createBuyer.ts'
import { walletOf } from '../crash/gatewayEnv.ts'
import type { SharedKind } from '../crash/openShared.ts'
import { type Fleet, type Member, startFleet } from '../crash/startFleet.ts'

/** A gateway that refunds nothing, on a shared store, and two workers that do. */
export type WorkerScene = AsyncDisposable &
  Pick<Fleet, 'chain' | 'backend' | 'records'> & {
    readonly workers: readonly [Member, Member]
    /** Somebody with a wallet that nobody used before. */
    readonly nextBuyer: () => Buyer
    /** What the buyer has, against what it began with. */
    readonly missing: (buyer: Buyer) => Promise<bigint>
    /** What the seller sent it, transfer by transfer. */
    readonly refundsOf: (buyer: Buyer) => Promise<readonly bigint[]>
    /** Resolves when every payment that was made is refunded. */
    readonly untilRefunded: () => Promise<void>
  }

const purse = 1_000_000_000n

/** The gateway is started, the workers are not. */
export async function startWorkerScene(store: SharedKind): Promise<WorkerScene> {
  await using stack = new AsyncDisposableStack()
  const env = { REFUND_MIN_AGE_MS: '0' }
  const options = { store, workers: 2, gasWallets: 2, buyers: 8, env }
  const { chain, backend, records, buyers, ...fleet } = stack.use(await startFleet(options))
  await fleet.gateway.start()
  const [first, second] = fleet.workers
  if (!first || !second) throw new Error('There are two workers')
  const seller = walletOf(chain, 'seller')
  const unused = [...buyers]
  const owned = stack.move()
  return {
    ...{ chain, backend, records, workers: [first, second] },
    nextBuyer: () => {
      const buyer = unused.shift()
      if (!buyer) throw new Error('Every buyer was used')
      return buyer
    },
    missing: async ({ address }) => purse - (await chain.balanceOf(address)),
    refundsOf: async ({ address }) => {
      const refunds = await chain.transfers({ from: seller.address, to: address })
      return refunds.map(({ value }) => value)
    },
    untilRefunded: () =>
      vi.waitFor(
        async () => {
          const states = (await records()).map(({ state }) => state)
          if (states.length === 0 || states.some((state) => state !== 'REFUNDED'))
            throw new Error(`The records never came that far: ${states.join(', ')}`)
        },
        { timeout: 25_000, interval: 50 },
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
