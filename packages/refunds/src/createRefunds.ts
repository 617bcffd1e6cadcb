import { randomBytes } from 'node:crypto'
import type { EvmChain, PayeeSigner, WalletLock } from '@key0/chain-evm'
import {
  type AccountingContext,
  type Address,
  accountForTransfers,
  type ChallengeStore,
  type Clock,
  createRefundBudget,
  type Finality,
  type Hex,
  Key0Error,
  type Observe,
  type Payout,
  type RefundCaps,
  type RefundContext,
  type Revoker,
  watchContinuity,
} from '@key0/core'
import { alertDebts, type Told } from './alertDebts.ts'
import { assertNumbers, counts, durations } from './assertNumbers.ts'
import { openPayout } from './openPayout.ts'
import type { RefundResult } from './RefundResult.ts'
import { runBacklog } from './runBacklog.ts'
import { DEFAULT_BATCH_SIZE, DEFAULT_MIN_AGE_MS, runRefunds } from './runRefunds.ts'

export type RefundsOptions = {
  readonly store: ChallengeStore
  readonly chain: EvmChain
  /** Receiving wallets, by key or signer: a refund is signed by the payee of its own payment. */
  readonly walletPrivateKey: Hex | PayeeSigner | readonly (Hex | PayeeSigner)[]
  /** The wallet that sells now; when given, a key for it must be there. */
  readonly payee?: Address
  /**
   * Pay for the transactions, the least busy first; default: the receiving wallets themselves, and
   * where refunds are plain transfers nobody else can.
   */
  readonly gasWalletPrivateKey?: Hex | readonly Hex[]
  /** Lets processes that share a gas wallet take turns; without it each needs its own wallets. */
  readonly lock?: WalletLock
  /** How deep a payment and its refund must be; default as the chain's kind demands. */
  readonly finality?: Finality
  readonly minAgeMs?: number
  readonly batchSize?: number
  /** How long one pass waits for its refunds to be mined; default 10000 ms. */
  readonly waitMs?: number
  /** How long a refund that provably never left is retried; default 24 h. */
  readonly giveUpAfterMs?: number
  /**
   * The block from which transfers into the wallets are accounted for when the store does not know;
   * the same as the gateway's, because whoever asks first begins. Default: the newest block.
   */
  readonly accountFromBlock?: bigint
  /**
   * How long a buyer may present a transfer of his own, in ms: the life of a challenge and what
   * clocks disagree about. Until then `account` leaves it alone. Default: a day and 30 seconds, which
   * is longer than any gateway's.
   */
  readonly presentedWithinMs?: number
  /** How much goes back by itself; what is beyond is held. Default: all that is owed. */
  readonly caps?: RefundCaps
  /** Withdraws what may have been issued for a plan, before its money goes back. */
  readonly revoker?: Revoker
  readonly clock?: Clock
  readonly observe?: Observe
}

export type Refunds = {
  /** Works through what is due; for half a minute it begins more, then it ends what it began. */
  run(): Promise<readonly RefundResult[]>
  /** One pass of `batchSize` records; see `runRefunds`. */
  pass(): Promise<readonly RefundResult[]>
  /**
   * Gives a held record to every transfer into one of the wallets that no record explains, those
   * included that sell no more and that no gateway knows of; and alerts to what is owed and cannot be
   * paid, or has been due for long. Beside `run`, as often as you like: it looks every half minute.
   * What could not be read is an alert, and read the next time.
   */
  account(): Promise<void>
  /**
   * What would stand against the smallest refund now, in sentences: above all that nobody can pay for
   * its gas. @throws CHAIN_UNREACHABLE
   */
  findObstacles(): Promise<readonly string[]>
}

const DAY_MS = 86_400_000
const SKEW_MS = 30_000
const ACCOUNT_EVERY_MS = 30_000

/**
 * Refunds for one store on one chain.
 *
 * @throws CONFIG_INVALID for a malformed key or number; SIGNER_MISMATCH when no key is the payee's.
 */
export function createRefunds(options: RefundsOptions): Refunds {
  const { store, chain, payee } = options
  assertNumbers({
    minAgeMs: [options.minAgeMs, durations],
    batchSize: [options.batchSize, counts],
    waitMs: [options.waitMs, durations],
    giveUpAfterMs: [options.giveUpAfterMs, durations],
    presentedWithinMs: [options.presentedWithinMs, durations],
  })
  const payout = openPayout(options)
  if (payee !== undefined && !payout.canSignFor(payee))
    throw new Key0Error('SIGNER_MISMATCH', { facts: { expected: `the key of ${payee}` } })

  const { address: token, symbol: asset, decimals } = chain.token
  const shared = {
    store,
    clock: options.clock ?? { nowMs: () => Date.now() },
    newId: () => randomBytes(16).toString('hex'),
    observe: options.observe ?? (() => {}),
  }
  const ctx: RefundContext = {
    ...shared,
    chain,
    payout,
    continuity: watchContinuity(shared),
    wallets: [...payout.payees].map((payee) => ({ token, payee, asset, decimals })),
    ...(options.accountFromBlock !== undefined && { fromBlock: options.accountFromBlock }),
    ...(options.caps && {
      budget: createRefundBudget({ ...shared, chainId: chain.chainId, token, caps: options.caps }),
    }),
    ...(options.revoker && { revoker: options.revoker }),
    settings: {
      finality: options.finality ?? (chain.row.testnet ? 'latest' : 'finalized'),
      waitMs: options.waitMs ?? 10_000,
      validForSeconds: 3_600,
      resubmitAfterMs: 30_000,
      giveUpAfterMs: options.giveUpAfterMs ?? DAY_MS,
    },
  }
  const { minAgeMs = DEFAULT_MIN_AGE_MS, batchSize = DEFAULT_BATCH_SIZE } = options
  // What an earlier process sent may never have left it: the first pass sends it again at once.
  let settings = { ...ctx.settings, resubmitAfterMs: 0 }
  const work = async (kind: typeof runRefunds): Promise<readonly RefundResult[]> => {
    const results = await kind({ ...ctx, settings }, { minAgeMs, batchSize })
    settings = ctx.settings
    return results
  }
  return {
    run: async () => await work(runBacklog),
    pass: async () => await work(runRefunds),
    findObstacles: async () => await findObstacles(payout, token),
    account: createAccounting({
      ...ctx,
      finality: ctx.settings.finality,
      adoptAfterMs: options.presentedWithinMs ?? DAY_MS + SKEW_MS,
      minAgeMs,
    }),
  }
}

/** Wallets share whoever pays for their gas, so that the same is said once. */
async function findObstacles(payout: Payout, token: Address): Promise<readonly string[]> {
  const found = await Promise.all(
    [...payout.payees].map(
      async (payee) => await payout.findObstacle({ token, from: payee, to: payee, value: 0n }),
    ),
  )
  return [...new Set(found.flatMap((obstacle) => obstacle?.reason ?? []))]
}

function createAccounting(
  ctx: AccountingContext & RefundContext & { readonly minAgeMs: number },
): Refunds['account'] {
  let accountedAtMs = Number.NEGATIVE_INFINITY
  const told: Told = new Map()
  return async () => {
    if (ctx.clock.nowMs() - accountedAtMs < ACCOUNT_EVERY_MS) return
    accountedAtMs = ctx.clock.nowMs()
    try {
      await accountForTransfers(ctx)
      await alertDebts(ctx, ctx.minAgeMs, told)
    } catch (cause) {
      ctx.observe({ name: 'alert', what: 'the accounts could not be read', cause })
    }
  }
}
