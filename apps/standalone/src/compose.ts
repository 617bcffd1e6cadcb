import { describeError, logEvent, openStore, reportWaiting } from '@key0/app-kit'
import { createReceiptSigner, type WalletLock } from '@key0/chain-evm'
import type { ChallengeStore, CredentialIssuer, Observe } from '@key0/core'
import { createRefunds, probeRefunds, type Refunds, startTimer } from '@key0/refunds'
import { createKey0, type Key0 } from '@key0/sdk'
import { encryptStore } from '@key0/store-encrypted'
import type { Logger } from 'pino'
import { createAdmin } from './admin/createAdmin.ts'
import { addObstacles, findRefundObstacles } from './checkRefunds.ts'
import type { GatewayConfig } from './GatewayConfig.ts'
import { createMetrics } from './metrics/createMetrics.ts'
import { serveMetrics } from './metrics/serveMetrics.ts'
import { openDispatcher } from './openDispatcher.ts'
import { openIssuer, openRevoker } from './openIssuer.ts'
import { serveApp } from './serveApp.ts'
import { tellBackend } from './tellBackend.ts'
import { toDiscovery } from './toDiscovery.ts'

const RECOVERY_INTERVAL_MS = 2_000
/** What clocks and blocks may disagree about. */
const SKEW_MS = 30_000

export type Gateway = AsyncDisposable & {
  readonly port: number
  /** What is worth saying beside the configuration's own warnings. */
  readonly warnings: readonly string[]
  /** What selling needed when it started. */
  readonly readiness: Key0['readiness']
  /** Absent: metrics are told nowhere. */
  readonly metricsPort?: number
}

/**
 * Puts the gateway together and starts it; when that fails, what was opened is closed. At the end
 * there are no new requests, the running ones and the running passes finish, and only then the
 * chain and the store are closed.
 *
 * @throws CONFIG_INVALID, CHAIN_MISMATCH, CHAIN_UNREACHABLE, SIGNER_MISMATCH, STORE_UNAVAILABLE
 */
export async function start(config: GatewayConfig, log: Logger): Promise<Gateway> {
  await using stack = new AsyncDisposableStack()
  const { store: plain, documents, lock, warnings, close } = await openStore(config)
  stack.defer(close)
  const { encryptionKeys: keys } = config
  const store = keys.length > 0 ? encryptStore(plain, { keys }) : plain
  const metrics = config.metricsPort === undefined ? undefined : createMetrics(config)
  const observe = metrics ? metrics.count(logEvent(log)) : logEvent(log)
  const { issuer: tokenIssuer, jwks } = openIssuer(config.token)
  const key0 = await createKey0({
    ...toSellerConfig(config, { store, tokenIssuer, observe, log }),
    ...(lock && { gasWalletLock: lock }),
  })
  stack.defer(() => key0.close())

  const dispatcher = await openDispatcher(config, { store, documents }, log)
  if (dispatcher) stack.use(dispatcher)
  metrics?.watch({ store: plain, documents, chain: key0.chain })
  const metering = metrics && (await serveMetrics(config, metrics.print))
  if (metering) stack.defer(metering.drain)
  const refunds = await openRefunds(config, key0, { store, observe, ...(lock && { lock }) })
  const obstacles = await findRefundObstacles(refunds)
  const recovery = startTimer({
    pass: () => key0.recover(),
    intervalMs: RECOVERY_INTERVAL_MS,
    onError: (error) => log.error({ cause: describeError(error) }, 'recovery pass failed'),
  })
  const refunding = startTimer({
    pass: refunds ? () => runRefunds(refunds) : () => skipRefunds(config, store, log),
    intervalMs: config.refunds.intervalMs,
    onError: (error) => log.error({ cause: describeError(error) }, 'refund pass failed'),
  })
  const stopTimers = async (): Promise<void> => {
    await Promise.all([recovery.stop(), refunding.stop()])
  }
  stack.defer(stopTimers)
  // What a crash left open goes on before anybody can ask about it; refunds begin beside it.
  await recovery.tick()
  void refunding.tick()

  dispatcher?.start()
  // What is encrypted stays so: an operator needs none of it.
  const stores = { store: plain, documents, clock: { nowMs: () => Date.now() } }
  const admin = config.adminToken && createAdmin({ token: config.adminToken, stores, log })
  const checkReadiness = async (): Promise<Key0['readiness']> => {
    const [found, now] = await Promise.all([key0.checkReadiness(), findRefundObstacles(refunds)])
    return addObstacles(found, now)
  }
  const { handler } = key0
  const serving = await serveApp({
    ...{ config, store, handler, checkReadiness, jwks },
    ...(admin && { admin }),
  })
  // The passes end while the last requests do: neither waits for the other.
  stack.defer(async () => {
    await Promise.all([serving.drain(), stopTimers()])
  })
  const owned = stack.move()
  return {
    port: serving.port,
    warnings: [
      ...warnings,
      ...key0.warnings,
      ...obstacles.map((obstacle) => `Refunds cannot be sent now: ${obstacle}.`),
    ],
    readiness: addObstacles(key0.readiness, obstacles),
    ...(metering && { metricsPort: metering.port }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function toSellerConfig(
  config: GatewayConfig,
  {
    store,
    tokenIssuer,
    observe,
    log,
  }: {
    readonly store: ChallengeStore
    readonly tokenIssuer: CredentialIssuer
    readonly observe: Observe
    readonly log: Logger
  },
): Parameters<typeof createKey0>[0] {
  const { settlement, refunds } = config
  return {
    agentName: config.agent.name,
    agentDescription: config.agent.description,
    agentUrl: config.publicUrl,
    providerName: config.provider.name,
    providerUrl: config.provider.url,
    a2a: config.a2a,
    walletAddress: config.walletAddress,
    network: config.network,
    ...(config.rpcUrls.length > 0 && { rpcUrl: config.rpcUrls }),
    ...(config.agreement && { agreement: config.agreement }),
    plans: config.plans,
    ...(config.proxy && {
      routes: config.routes,
      proxyTo: {
        baseUrl: config.proxy.baseUrl,
        timeoutMs: config.proxy.timeoutMs,
        ...(config.proxy.secret && { proxySecret: config.proxy.secret }),
      },
      delivery: { maxStoredBytes: config.proxy.maxStoredBytes },
    }),
    discovery: toDiscovery(config),
    ...(config.receiptPrivateKey && {
      receipts: { signer: createReceiptSigner({ privateKey: config.receiptPrivateKey }) },
    }),
    ...(config.mcp && { mcp: config.mcp }),
    challengeTTLSeconds: config.challengeTTLSeconds,
    paymentIdentifier: config.paymentIdentifier,
    maxOpenChallenges: config.maxOpenChallenges,
    store,
    tokenIssuer,
    strayTransfers: config.strayTransfers,
    retiredWallets: config.retiredWallets,
    ...(refunds.accountFromBlock && { accountFromBlock: refunds.accountFromBlock }),
    finality: config.finality,
    refunds: {
      automatic: refunds.walletPrivateKeys.length > 0 || !refunds.inside,
      minAgeMs: refunds.minAgeMs,
    },
    ...toSettling(settlement),
    ...(config.backendHealthUrl && { backendHealthUrl: config.backendHealthUrl }),
    observe: tellBackend(config, { log, observe }),
  }
}

function toSettling(
  settlement: GatewayConfig['settlement'],
): Partial<Parameters<typeof createKey0>[0]> {
  switch (settlement.mode) {
    case 'none':
      return { exact: false }
    case 'gas-wallet':
      return { gasWalletPrivateKey: settlement.privateKey }
    case 'facilitator': {
      const { fallback, urls, cdp } = settlement
      return {
        ...(fallback && { gasWalletPrivateKey: fallback.privateKey }),
        ...(urls && { facilitatorUrl: urls }),
        ...(cdp && { cdpApiKeyId: cdp.id, cdpApiKeySecret: cdp.secret }),
      }
    }
  }
}

async function openRefunds(
  config: GatewayConfig,
  key0: Key0,
  shared: {
    readonly store: ChallengeStore
    readonly observe: Observe
    readonly lock?: WalletLock
  },
): Promise<Refunds | undefined> {
  const { walletPrivateKeys, inside, minAgeMs, batchSize, caps, accountFromBlock } = config.refunds
  if (!inside || walletPrivateKeys.length === 0) return undefined
  const { settlement } = config
  const gas =
    settlement.mode === 'facilitator' ? settlement.fallback?.refundKeys : settlement.refundKeys
  const { chain } = key0
  const revoker = openRevoker(config.token)
  await probeRefunds({
    chain,
    walletPrivateKeys,
    payee: config.walletAddress,
    observe: shared.observe,
  })
  return createRefunds({
    ...shared,
    chain,
    walletPrivateKey: walletPrivateKeys,
    payee: config.walletAddress,
    ...(gas && gas.length > 0 && { gasWalletPrivateKey: gas }),
    finality: config.finality.refund,
    minAgeMs,
    batchSize,
    presentedWithinMs: config.challengeTTLSeconds * 1_000 + SKEW_MS,
    ...(caps && { caps }),
    ...(revoker && { revoker }),
    ...(accountFromBlock && { accountFromBlock }),
  })
}

/** What is owed goes back; and what arrived at any wallet of the ring has a record. */
async function runRefunds(refunds: Refunds): Promise<void> {
  await refunds.run()
  await refunds.account()
}

/** The refund pass of a process that refunds nothing. */
async function skipRefunds(
  { refunds }: GatewayConfig,
  store: ChallengeStore,
  log: Logger,
): Promise<void> {
  if (refunds.inside) await reportWaiting(store, refunds, log)
}
