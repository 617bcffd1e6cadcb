import { type EvmChain, readPayee } from '@key0/chain-evm'
import type { CheckoutOptions, Seller } from '@key0/checkout'
import {
  type AccountingContext,
  type Address,
  accountForTransfers,
  type CredentialIssuer,
  createCatalog,
  createEngine,
  type EngineContext,
  findFence,
  Key0Error,
  type Observe,
  recover,
  watchContinuity,
} from '@key0/core'
import { createCallbackIssuer, type HealthWatch, watchHealth } from '@key0/delivery'
import { getAddress, isAddress } from 'viem'
import { createCalls } from './calls.ts'
import { createHandler } from './createHandler.ts'
import { createHooks } from './createHooks.ts'
import { createIds } from './createIds.ts'
import { createReadiness, judgePayee, tellReadiness } from './createReadiness.ts'
import type { Key0 } from './Key0.ts'
import { openChain } from './openChain.ts'
import { openResources } from './openResources.ts'
import { openSettlement } from './openSettlement.ts'
import { openStore, WITHOUT_STORE } from './openStore.ts'
import type { SellerConfig } from './SellerConfig.ts'
import { toSettings } from './toSettings.ts'
import { watchOpen } from './watchOpen.ts'

const RECOVERY_BATCH = 100
const ACCOUNT_EVERY_MS = 30_000

/**
 * The whole gateway, embedded in your own server. Reads the token's identity from the chain first
 * and refuses to start when anything differs from what is configured.
 *
 * @throws CONFIG_INVALID, CHAIN_MISMATCH, CHAIN_UNREACHABLE
 */
export async function createKey0(config: SellerConfig): Promise<Key0> {
  const clock = config.clock ?? { nowMs: () => Date.now() }
  const hooks = createHooks(config)
  const { recordSale } = hooks
  const { openCap, observe } = watchOpen(config, clock, hooks.observe)
  const chain = await openChain(config, clock, observe)
  const payTo = readAddress(config.walletAddress, 'walletAddress')
  const warnings = await assertCanReceive(chain, payTo)
  const settings = toSettings(withoutPromises(config), chain, payTo)
  const settlement = openSettlement(config, chain)
  const store = openStore(config)
  const { resources, close: closeResources } = openResources(config)
  const context: EngineContext = {
    store,
    chain,
    settler: settlement.settler,
    issuer: toIssuer(config),
    catalog: createCatalog(config.plans ?? [], chain.token.decimals, config.routes),
    clock,
    newId: createIds(),
    observe,
    openCap,
    sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
    settings,
    ...(config.seenTxStore && { seenTx: config.seenTxStore }),
    ...(recordSale && { recordSale }),
  }
  const accounting = toAccounting(config, context, chain.token)
  // Before the first sale: what is lost before the first sign of life is not noticed by anybody.
  await findFence({ ...accounting, settings: { finality: accounting.finality } })
  const backend = watchBackend(config, observe)
  const engine = createEngine({ ...context, ...(backend && { isSelling: backend.isWell }) })
  const { maxTimeoutSeconds } = settings
  const seller = toSeller(config, chain, payTo)
  const handler = await createHandler(
    config,
    { engine, seller, maxTimeoutSeconds, ...toExtensions(config, observe) },
    observe,
    resources,
  )
  const checkReadiness = createReadiness({
    refundMinAgeMs: settings.refundMinAgeMs,
    ...{ store, chain, payTo, settlement },
    ...(backend && { backend }),
  })
  const readiness = await checkReadiness()
  return {
    engine,
    chain,
    handler,
    ...createCalls(engine, store),
    recover: createRecovery(context, accounting),
    checkReadiness,
    readiness,
    warnings: [
      ...warnings,
      ...tellReadiness(readiness),
      ...(config.store ? [] : [`There is no store: ${WITHOUT_STORE}.`]),
      ...handler.warnings,
    ],
    close: () => {
      backend?.stop()
      void closeResources()
      chain.close()
    },
  }
}

/** What is said beside the sale: x402's extensions. */
function toExtensions(
  { paymentIdentifier, receipts }: SellerConfig,
  observe: Observe,
): Partial<CheckoutOptions> {
  const onError = (cause: unknown, challengeId: string): void =>
    observe({ name: 'alert', what: 'a receipt could not be signed', challengeId, cause })
  return {
    ...(paymentIdentifier && { paymentIdentifier }),
    ...(receipts && { receipts: { ...receipts, onError } }),
  }
}

/** Where nothing is remembered, nobody is told that money goes back by itself. */
function withoutPromises(config: SellerConfig): SellerConfig {
  return config.store ? config : { ...config, refunds: { automatic: false, minAgeMs: 0 } }
}

/** What could not be delivered is not sold. */
function watchBackend(
  { backendHealthUrl: url, backendHealthIntervalMs: intervalMs }: SellerConfig,
  observe: Observe,
): HealthWatch | undefined {
  if (url === undefined) return undefined
  return watchHealth({
    url,
    ...(intervalMs !== undefined && { intervalMs }),
    onChange: (isWell) => {
      const what = `the backend is ${isWell ? 'well again' : 'down: nothing new is sold'}`
      observe({ name: 'alert', what })
    },
  })
}

/**
 * A wallet that cannot receive sells nothing, and its buyers would find out one by one.
 *
 * @throws CONFIG_INVALID, CHAIN_UNREACHABLE
 */
async function assertCanReceive(chain: EvmChain, payTo: Address): Promise<readonly string[]> {
  const payee = await readPayee(chain, payTo)
  const { detail } = judgePayee(payTo, payee)
  if (payee.isBlocked)
    throw new Key0Error('CONFIG_INVALID', { facts: { walletAddress: `${detail}` } })
  return detail === undefined ? [] : [`The wallet: ${detail}.`]
}

/** Checksummed, because buyers compare addresses letter by letter. */
function readAddress(address: string, setting: keyof SellerConfig): Address {
  if (isAddress(address, { strict: false })) return getAddress(address)
  throw new Key0Error('CONFIG_INVALID', {
    facts: { [setting]: 'must be an address that receives payments: 0x and 40 hex digits' },
  })
}

/**
 * What an earlier process sent may never have left it, and nobody waits for it: the first pass
 * sends everything again at once, which is harmless, and later ones only what is overdue.
 */
function createRecovery(context: EngineContext, accounting: AccountingContext): Key0['recover'] {
  const { continuity, finality } = accounting
  let settings = { ...context.settings, resubmitAfterMs: 0 }
  let accountedAtMs = Number.NEGATIVE_INFINITY
  return async () => {
    await continuity.check()
    const recovered = await recover({ ...context, settings }, { limit: RECOVERY_BATCH })
    settings = context.settings
    if (context.clock.nowMs() - accountedAtMs < ACCOUNT_EVERY_MS) return recovered
    accountedAtMs = context.clock.nowMs()
    try {
      // First what a silence of the store hid: what has a record afterwards is missing no more.
      await findFence({ ...accounting, settings: { finality } })
      await accountForTransfers(accounting)
    } catch (cause) {
      // Nobody waits for the accounts; what could not be read now is read by the next pass.
      context.observe({ name: 'alert', what: 'the accounts could not be read', cause })
    }
    return recovered
  }
}

/** What arrived in the wallet is compared with the records seldom: nobody waits for it. */
function toAccounting(
  config: SellerConfig,
  context: EngineContext,
  { decimals }: EvmChain['token'],
): AccountingContext {
  const { settings, store, chain, clock, newId, observe } = context
  const { token, asset, payTo: payee, finality, challengeTTLMs, skewMs } = settings
  const retired = (config.retiredWallets ?? []).map((it) => readAddress(it, 'retiredWallets'))
  const payees = [...new Set([payee, ...retired])]
  const wallets = payees.map((it) => ({ token, payee: it, asset, decimals }))
  return {
    ...{ store, chain, clock, newId, observe, wallets },
    continuity: watchContinuity(context),
    finality: finality.refund,
    adoptAfterMs: challengeTTLMs + skewMs,
    ...(config.accountFromBlock !== undefined && { fromBlock: config.accountFromBlock }),
  }
}

function toSeller(config: SellerConfig, chain: EvmChain, payTo: Address): Seller {
  return {
    name: config.agentName,
    ...(config.agentDescription !== undefined && { description: config.agentDescription }),
    publicUrl: config.agentUrl,
    chainId: chain.chainId,
    payTo,
    token: toToken(chain),
    ...(config.exact === false && { exact: false }),
  }
}

function toToken({ token }: EvmChain): Seller['token'] {
  if (token.transferMethod === 'transfer') {
    const chain = 'its token knows no authorizations: nothing can be offered under "exact"'
    throw new Key0Error('CONFIG_INVALID', { facts: { chain } })
  }
  const { address, symbol, decimals, domain } = token
  return { address, symbol, decimals, ...domain }
}

function toIssuer(config: SellerConfig): CredentialIssuer {
  const { tokenIssuer, fetchResourceCredentials, plans = [], routes = [] } = config
  if (tokenIssuer) return tokenIssuer
  if (fetchResourceCredentials) return createCallbackIssuer(fetchResourceCredentials)
  if (plans.length === 0 && routes.length > 0) return nobody
  throw new Key0Error('CONFIG_INVALID', {
    facts: { fetchResourceCredentials: 'must be given, or a tokenIssuer' },
  })
}

/** Where no plan is sold, nothing is ever minted. */
const nobody: CredentialIssuer = {
  worstCaseMs: 0,
  issue: async () => ({ kind: 'failed', reason: 'no plan is sold here' }),
}
