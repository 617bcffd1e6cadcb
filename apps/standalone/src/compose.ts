import { type ServerType, serve } from '@hono/node-server'
import type { ChallengeStore, CredentialIssuer } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import {
  createNativeTokenIssuer,
  createRemoteTokenIssuer,
  noAuth,
  notifyPayment,
  sharedSecretAuth,
} from '@key0/delivery'
import { key0 as key0Routes } from '@key0/middleware-hono'
import { createRefunds, type Refunds, startTimer } from '@key0/refunds'
import { createKey0, type Key0 } from '@key0/sdk'
import { createSqliteStore } from '@key0/store-sqlite'
import { AccessTokenIssuer } from '@key0/token'
import { Hono } from 'hono'
import type { Logger } from 'pino'
import type { GatewayConfig } from './GatewayConfig.ts'
import { logEvent } from './logEvent.ts'

const RECOVERY_INTERVAL_MS = 2_000
const DRAIN_MS = 20_000

export type Gateway = AsyncDisposable & {
  readonly port: number
  readonly key0: Key0
}

/**
 * Puts the gateway together and starts it. What was opened is closed in reverse order: first no
 * new requests, then the running ones finish, then the workers, then the store.
 */
export async function start(config: GatewayConfig, log: Logger): Promise<Gateway> {
  await using stack = new AsyncDisposableStack()
  const store = await openStore(config, log)
  stack.defer(() => store.close())

  const observe = logEvent(log)
  const key0 = await createKey0(toSellerConfig(config, store, observe, log))
  stack.defer(() => key0.close())

  const recovery = startTimer({
    pass: () => key0.recover(),
    intervalMs: RECOVERY_INTERVAL_MS,
    onError: (err) => log.error({ err }, 'recovery pass failed'),
  })
  stack.defer(() => recovery.stop())
  const refunds = await openRefunds(config, key0, store, observe)
  if (refunds) {
    const timer = startTimer({
      pass: () => refunds.run(),
      intervalMs: config.refunds.intervalMs,
      onError: (err) => log.error({ err }, 'refund pass failed'),
    })
    stack.defer(() => timer.stop())
  }
  // What a crash left open goes on before anybody can ask about it.
  await recovery.tick()

  const server = await listen(toApp(config, key0), config)
  stack.defer(() => drain(server))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  const owned = stack.move()
  return { port, key0, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

function toSellerConfig(
  config: GatewayConfig,
  store: ChallengeStore,
  observe: ReturnType<typeof logEvent>,
  log: Logger,
): Parameters<typeof createKey0>[0] {
  const { settlement, refunds, token } = config
  const notify =
    token.backendUrl === undefined
      ? undefined
      : notifyPayment({
          url: `${token.backendUrl}/internal/payment-received`,
          ...(token.mode === 'remote' && { auth: toAuth(token.auth) }),
          onError: ({ reason }) => log.warn({ reason }, 'the backend was not notified'),
        })
  return {
    agentName: config.agent.name,
    agentDescription: config.agent.description,
    agentUrl: config.publicUrl,
    providerName: config.provider.name,
    providerUrl: config.provider.url,
    walletAddress: config.walletAddress,
    network: config.network,
    ...(config.rpcUrls.length > 0 && { rpcUrl: config.rpcUrls }),
    plans: config.plans,
    challengeTTLSeconds: config.challengeTTLSeconds,
    store,
    tokenIssuer: toIssuer(config),
    finality: config.finality,
    refunds: {
      automatic: refunds.walletPrivateKey !== undefined,
      minAgeMs: refunds.minAgeMs,
    },
    ...(settlement.mode === 'gas-wallet'
      ? { gasWalletPrivateKey: settlement.privateKey }
      : {
          ...(settlement.urls && { facilitatorUrl: settlement.urls }),
          ...(settlement.cdp && {
            cdpApiKeyId: settlement.cdp.id,
            cdpApiKeySecret: settlement.cdp.secret,
          }),
        }),
    ...(notify && { onPaymentReceived: notify }),
    observe,
  }
}

function toIssuer({ token }: GatewayConfig): CredentialIssuer {
  if (token.mode === 'native')
    return createNativeTokenIssuer({ issuer: new AccessTokenIssuer(token.secret) })
  const { url, auth, timeoutMs, retries } = token
  return createRemoteTokenIssuer({ url, auth: toAuth(auth), timeoutMs, retries })
}

function toAuth(auth: Extract<GatewayConfig['token'], { mode: 'remote' }>['auth']) {
  return auth.strategy === 'none' ? noAuth() : sharedSecretAuth(auth.header, auth.value)
}

async function openStore({ storage }: GatewayConfig, log: Logger): Promise<ChallengeStore> {
  const store =
    storage.kind === 'memory'
      ? createMemoryStore()
      : createSqliteStore({ dataDir: storage.dataDir })
  const health = await store.healthCheck()
  for (const problem of health.problems) log.warn(problem)
  return store
}

async function openRefunds(
  config: GatewayConfig,
  key0: Key0,
  store: ChallengeStore,
  observe: ReturnType<typeof logEvent>,
): Promise<Refunds | undefined> {
  const { walletPrivateKey, inside, minAgeMs, batchSize } = config.refunds
  if (!inside || !walletPrivateKey) return undefined
  const gas = config.settlement.mode === 'gas-wallet' ? config.settlement.privateKey : undefined
  return createRefunds({
    store,
    chain: key0.chain,
    walletPrivateKey,
    payee: config.walletAddress,
    ...(gas && { gasWalletPrivateKey: gas }),
    finality: config.finality.refund,
    minAgeMs,
    batchSize,
    giveUpAfterMs: 86_400_000,
    observe,
  })
}

function toApp(config: GatewayConfig, key0: Key0): Hono {
  const app = new Hono()
  app.get('/health', (c) =>
    c.json({
      status: 'ok',
      service: 'key0',
      storage: config.storage.kind,
      tokenMode: config.token.mode,
      network: config.network,
    }),
  )
  app.use(key0Routes(key0.handler))
  return app
}

function listen(app: Hono, config: GatewayConfig): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port: config.port, hostname: config.host }, () =>
      resolve(server),
    )
    server.once('error', reject)
  })
}

/** Stops accepting, lets running requests finish, and after a while closes what is left. */
function drain(server: ServerType): Promise<void> {
  return new Promise((done) => {
    const late = setTimeout(() => {
      if ('closeAllConnections' in server) server.closeAllConnections()
    }, DRAIN_MS)
    server.close(() => {
      clearTimeout(late)
      done()
    })
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}
