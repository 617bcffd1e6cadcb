import { fromSellerPair, type SeenTxStore, type ServeRequest } from '@key0/core'
import type { SellerConfig } from '../SellerConfig.ts'
import type { Receipt, RequirePaymentOptions } from './GateOptions.ts'
import { assertGate, warningsOf } from './judgeGate.ts'
import { memoryOf } from './memoryOf.ts'
import { nameGate } from './nameGate.ts'

/** A gateway that sells one thing: what is behind the gate. */
export type Gate = {
  readonly config: SellerConfig
  /** The one route in its catalog. */
  readonly routeId: string
  /** Tells of a payment; awaited before the handler runs. */
  readonly tell: (payment: ServeRequest) => Promise<void>
}

/** Reads what a gate is to be, and says what its seller should know. @throws CONFIG_INVALID */
export function readGate(options: RequirePaymentOptions): Gate {
  assertGate(options)
  const { warn = (sentence: string) => process.emitWarning(sentence, 'Key0Warning') } = options
  for (const warning of warningsOf(options)) warn(warning)
  const routeId = nameGate(options)
  return { config: toConfig(options, routeId), routeId, tell: createTeller(options) }
}

/** A gate answers for what is behind it, and for nothing beside it. */
const NO_DOCUMENTS = {
  ...{ discover: false, llms: false, skills: false, wellKnown: false, openapi: false },
} as const

function toConfig(options: RequirePaymentOptions, routeId: string): SellerConfig {
  const { chain, amount, payTo, rpcUrl, exact, discovery, observe } = options
  const told = typeof discovery === 'object' ? discovery : {}
  const route = { method: 'GET', path: '/*', ...told, routeId } as const
  const seenTxStore = toSeenTxStore(options)
  return {
    agentName: options.name ?? 'Key0 gate',
    agentUrl: options.publicUrl ?? 'http://localhost:3000',
    walletAddress: payTo,
    network: chain === 'base' ? 'mainnet' : 'testnet',
    routes: [{ ...route, unitAmount: `$${amount}` }],
    store: options.store ?? memoryOf(options),
    a2a: false,
    discovery: NO_DOCUMENTS,
    ...(exact === undefined && { exact: false }),
    ...(rpcUrl !== undefined && { rpcUrl }),
    ...(seenTxStore && { seenTxStore }),
    ...(exact?.settle === 'self' && { gasWalletPrivateKey: exact.relayerPrivateKey }),
    ...(typeof exact?.settle === 'object' && { facilitatorUrl: exact.settle.facilitator }),
    ...(observe && { observe }),
  }
}

function toSeenTxStore(options: RequirePaymentOptions): SeenTxStore | undefined {
  const { isUsed, markUsed, warn, observe = warnOf(warn) } = options
  return isUsed && markUsed && fromSellerPair({ isUsed, markUsed }, { observe })
}

/** Without an observer of its own, a gate says by warnings what its seller has to know. */
function warnOf(
  warn: RequirePaymentOptions['warn'],
): NonNullable<RequirePaymentOptions['observe']> {
  return (event) => {
    if (event.name !== 'alert') return
    if (warn) warn(event.what)
    else process.emitWarning(event.what, 'Key0Warning')
  }
}

/** A payment is told of each time its handler is about to run: at least once, under one key. */
function createTeller({ onPaid, awaitOnPaid, ...options }: RequirePaymentOptions): Gate['tell'] {
  const { observe = warnOf(options.warn) } = options
  return async (payment) => {
    if (!onPaid) return
    const telling = Promise.resolve().then(() => onPaid(toReceipt(payment, options)))
    if (awaitOnPaid) await telling
    else telling.catch((cause: unknown) => observe({ name: 'alert', what: 'onPaid failed', cause }))
  }
}

function toReceipt(
  payment: ServeRequest,
  { amount, token, payTo }: Pick<RequirePaymentOptions, 'amount' | 'token' | 'payTo'>,
): Receipt {
  const { idempotencyKey, challengeId, amountRaw, chainId, txHash, fromAddress } = payment
  const { method, path, query } = payment.resource
  return {
    ...{ idempotencyKey, challengeId, amount, amountRaw, token, chainId, txHash, payTo },
    payer: fromAddress,
    resource: `${method} ${path}${query && `?${query}`}`,
  }
}
