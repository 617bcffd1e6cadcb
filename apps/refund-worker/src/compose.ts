import {
  alertDisagreement,
  logDelivery,
  logEvent,
  openStore,
  reportWaiting,
  serveHttp,
  toAuth,
} from '@key0/app-kit'
import { createEvmChain, type EvmChain, type WalletLock } from '@key0/chain-evm'
import type { Address, ChallengeStore, Observe } from '@key0/core'
import { createDispatcher, createRemoteRevoker, type RevocationEndpoint } from '@key0/delivery'
import { createRefunds, probeRefunds, type RefundResult } from '@key0/refunds'
import type { Logger } from 'pino'
import { createApp } from './createApp.ts'
import { createMetrics } from './createMetrics.ts'
import { openWallets } from './openWallets.ts'
import { type Schedule, startSchedule, type Trigger } from './startSchedule.ts'
import { toSigner } from './toSigner.ts'
import type { WorkerConfig } from './WorkerConfig.ts'

export type Worker = AsyncDisposable & {
  readonly port: number
  readonly receiving: readonly Address[]
  readonly paying: readonly Address[]
  /** What is worth saying beside the configuration's own warnings. */
  readonly warnings: readonly string[]
}

/**
 * Puts the worker together and starts it; when that fails, what was opened is closed. At the end
 * no new pass begins, the running one finishes, and only then the chain and the store are closed.
 *
 * @throws CONFIG_INVALID, CHAIN_MISMATCH, CHAIN_UNREACHABLE, SIGNER_MISMATCH, STORE_UNAVAILABLE
 */
export async function start(config: WorkerConfig, log: Logger): Promise<Worker> {
  await using stack = new AsyncDisposableStack()
  const { store, documents, lock, warnings, close } = await openStore(config)
  stack.defer(close)
  const dispatcher =
    config.revocation &&
    createDispatcher({
      ...{ store, documents, observe: logDelivery(log) },
      revocations: toRevocation(config.revocation),
    })
  if (dispatcher) stack.use(dispatcher)
  await dispatcher?.open()
  const { network, rpcUrls, refunds } = config
  const write = logEvent(log)
  const agreement = config.agreement && {
    agreement: { ...config.agreement, onDisagreement: alertDisagreement(write) },
  }
  const chain = await createEvmChain({
    network,
    ...(rpcUrls.length > 0 && { rpcUrls }),
    ...agreement,
  })
  stack.defer(() => chain.close())
  const wallets = openWallets(chain, {
    receiving: refunds.walletPrivateKeys,
    paying: config.gasWalletPrivateKeys,
  })
  let schedule: Schedule | undefined
  const status: Schedule['status'] = () => schedule?.status() ?? {}
  const { minAgeMs, intervalMs } = refunds
  const metrics = createMetrics({ store, chain, wallets, minAgeMs, status })
  const observe: Observe = (event) => {
    metrics.observe(event)
    write(event)
  }
  const { walletPrivateKeys } = refunds
  const payee = config.walletAddress && { payee: config.walletAddress }
  await probeRefunds({ chain, walletPrivateKeys, ...payee, observe })
  const run = createPass(config, { store, chain, observe, log, ...(lock && { lock }) })
  const pass = (trigger: Trigger): Promise<void> => metrics.countPass(trigger, () => run(trigger))
  const app = createApp({
    intervalMs,
    status,
    askStore: async () => (await store.healthCheck()).ok,
    askChain: async () => (await chain.head()).number >= 0n,
    print: metrics.print,
  })
  const { host, port } = config
  const serving = await serveHttp({ fetch: app.fetch, host, port, setting: 'PORT' })
  stack.defer(serving.drain)

  // Health is told until the last pass has ended.
  dispatcher?.start()
  schedule = await startSchedule(config, pass, log)
  const { close: closeSchedule } = schedule
  stack.defer(closeSchedule)
  const owned = stack.move()
  return {
    port: serving.port,
    receiving: wallets.receiving,
    paying: wallets.paying,
    warnings,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type World = {
  readonly store: ChallengeStore
  readonly chain: EvmChain
  readonly observe: Observe
  readonly log: Logger
  readonly lock?: WalletLock
}

/** One pass: refunds, or without a key a word about those that are skipped. */
function createPass(
  config: WorkerConfig,
  { store, chain, observe, log, lock }: World,
): (trigger: Trigger) => Promise<readonly RefundResult[]> {
  const { walletPrivateKeys, minAgeMs, batchSize, caps, accountFromBlock } = config.refunds
  if (walletPrivateKeys.length === 0)
    return async () => {
      await reportWaiting(store, { minAgeMs, batchSize }, log)
      return []
    }
  const { revocation } = config
  const revoker = revocation && createRemoteRevoker(toRevocation(revocation))
  const refunds = createRefunds({
    store,
    chain,
    walletPrivateKey: walletPrivateKeys,
    ...(config.walletAddress && { payee: config.walletAddress }),
    gasWalletPrivateKey: config.gasWalletPrivateKeys,
    finality: config.finality.refund,
    minAgeMs,
    batchSize,
    ...(caps && { caps }),
    ...(revoker && { revoker }),
    ...(lock && { lock }),
    ...(accountFromBlock && { accountFromBlock }),
    observe,
  })
  return async (trigger) => {
    const results = await refunds.run()
    await refunds.account()
    const refunded = results.filter(({ success }) => success).length
    const line = { trigger, refunded, open: results.length - refunded }
    if (results.length > 0) log.info(line, 'refund pass')
    else log.debug(line, 'refund pass')
    return results
  }
}

/** The backend that withdraws what it issued, asked before a refund and again until it has. */
function toRevocation({ url, auth }: NonNullable<WorkerConfig['revocation']>): RevocationEndpoint {
  return { url, auth: toAuth(auth, toSigner) }
}
