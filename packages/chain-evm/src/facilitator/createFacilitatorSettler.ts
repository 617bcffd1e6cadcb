import {
  type Clock,
  type Hash,
  Key0Error,
  type Settler,
  type Submitted,
  type Verification,
} from '@key0/core'
import { isHash } from 'viem'
import { canonicalise } from '../carry/carryAuthorization.ts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { readCdpKey } from './cdpToken.ts'
import { createFacilitator, type Facilitator, type Reply } from './Facilitator.ts'
import { buildPaymentBody } from './paymentBody.ts'

export type FacilitatorOptions = {
  readonly chain: EvmChain
  /** Base URLs, tried in order while one is down. Default: Coinbase's. */
  readonly urls?: string | readonly string[]
  /** The API key that Coinbase's facilitator asks for. Sent to that host and to no other. */
  readonly cdpApiKeyId?: string
  readonly cdpApiKeySecret?: string
  /** How long one call may take; default 30,000. A settlement waits for a block. */
  readonly timeoutMs?: number
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch
}

/** What a facilitator says about itself. */
export type FacilitatorSupport = {
  readonly url: string
  /** True when it settles `exact` payments of x402 version 2 on our network. */
  readonly isSupported: boolean
  /** Why not, or why it could not be asked. */
  readonly reason?: string
}

export type FacilitatorSettler = Settler & {
  readonly kind: 'facilitator'
  readonly precheck: NonNullable<Settler['precheck']>
  /** Asks every facilitator's `/supported`: for boot and health checks. Never throws. */
  readonly checkSupport: () => Promise<readonly FacilitatorSupport[]>
}

export const defaultFacilitatorUrl = 'https://api.cdp.coinbase.com/platform/v2/x402'

/**
 * Settles through x402 facilitators, which pay the gas. Nothing they say is believed: `submit`
 * hands over, and the chain alone decides.
 *
 * @throws CONFIG_INVALID for a URL or an API key that is none; the secret is never repeated.
 */
export function createFacilitatorSettler(options: FacilitatorOptions): FacilitatorSettler {
  const { chain } = options
  const { clock } = chain
  const facilitators = readUrls(options).map((url) =>
    createFacilitator(url, {
      clock,
      timeoutMs: options.timeoutMs ?? 30_000,
      fetch: options.fetch ?? globalThis.fetch,
      cdpKey: readKey(options),
    }),
  )
  return {
    kind: 'facilitator',
    precheck: async (offer, authorization) => {
      const signed = await canonicalise(chain, authorization)
      return await precheck(chain, facilitators, buildPaymentBody(chain, offer, signed))
    },
    submit: async ({ offer, authorization }, journal) => {
      const signed = await canonicalise(chain, authorization)
      const body = buildPaymentBody(chain, offer, signed)
      return await submit(facilitators, body, clock, journal)
    },
    checkSupport: async () =>
      await Promise.all(facilitators.map(async (it) => await checkSupport(chain, it))),
  }
}

async function precheck(
  { lastBlock }: EvmChain,
  facilitators: readonly Facilitator[],
  body: unknown,
): Promise<Verification> {
  const { number, hash, time } = lastBlock()
  const head = { number, hash, time }
  let reason = 'no facilitator answered'
  for (const facilitator of facilitators) {
    const reply = await facilitator.ask('verify', body)
    if (reply.kind === 'json' && reply.body.isValid === true) return { kind: 'valid', head }
    if (reply.kind === 'json' && reply.body.isValid === false) {
      const invalid = toReason(reply.body.invalidReason)
      if (isNonceUsed(invalid)) return { kind: 'used', head }
      return { kind: 'invalid', code: 'FACILITATOR_REFUSED', facts: { reason: invalid } }
    }
    reason = describe(facilitator, reply)
  }
  return { kind: 'unreachable', cause: new Error(reason) }
}

async function submit(
  facilitators: readonly Facilitator[],
  body: unknown,
  clock: Clock,
  journal: Parameters<Settler['submit']>[1],
): Promise<Submitted> {
  let reason = 'no facilitator answered'
  for (const facilitator of facilitators) {
    await journal({ via: 'facilitator', url: facilitator.name, atMs: clock.nowMs() })
    const reply = await facilitator.ask('settle', body)
    const outcome = readSettlement(reply)
    // Whatever it did, it answered. Another one could only do the same a second time.
    if (outcome) return outcome
    reason = describe(facilitator, reply)
  }
  return { kind: 'unknown', reason }
}

/** Reads a settlement's body whatever its status; `undefined` when the reply is no answer. */
function readSettlement(reply: Reply): Submitted | undefined {
  if (reply.kind === 'none' || typeof reply.body.success !== 'boolean') return undefined
  const { success, transaction, errorReason } = reply.body
  const txHash = typeof transaction === 'string' && isHash(transaction) ? transaction : undefined
  if (success || errorReason === 'settlement_pending') {
    return { kind: 'submitted', ...(txHash && { txHash: txHash as Hash }) }
  }
  // It was handed the payment: that it did nothing with it is only its word.
  return { kind: 'unknown', reason: toReason(errorReason) }
}

async function checkSupport(
  { row }: EvmChain,
  facilitator: Facilitator,
): Promise<FacilitatorSupport> {
  const { name: url } = facilitator
  const reply = await facilitator.ask('supported')
  const kinds: unknown = reply.kind === 'json' ? reply.body.kinds : undefined
  if (!Array.isArray(kinds))
    return { url, isSupported: false, reason: describe(facilitator, reply) }
  const isOurs = (kind: unknown): boolean => {
    const { x402Version, scheme, network } = (kind ?? {}) as Record<string, unknown>
    return x402Version === 2 && scheme === 'exact' && network === row.caip2
  }
  if (kinds.some(isOurs)) return { url, isSupported: true }
  return { url, isSupported: false, reason: `it does not settle exact payments on ${row.caip2}` }
}

function describe(facilitator: Facilitator, reply: Reply): string {
  if (reply.kind === 'none') return reply.reason
  return `${new URL(facilitator.name).host} answered HTTP ${reply.status} without an outcome`
}

/** An open set of words chosen by somebody else: short, and of plain characters. */
function toReason(value: unknown): string {
  if (typeof value !== 'string' || value === '') return 'no reason given'
  return value.replace(/[^\w .:-]/g, ' ').slice(0, 100)
}

function isNonceUsed(reason: string): boolean {
  return /nonce.*used|authorization.*used/i.test(reason)
}

function readUrls({ urls = defaultFacilitatorUrl }: FacilitatorOptions): readonly URL[] {
  const texts = (typeof urls === 'string' ? urls.split(',') : urls).map((it) => it.trim())
  const given = texts.filter((it) => it !== '')
  const isUsable = (it: string): boolean => {
    if (!URL.canParse(it)) return false
    const url = new URL(it)
    return /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  }
  if (given.length > 0 && given.every(isUsable)) return given.map((it) => new URL(it))
  const expected = 'one or more http(s) URLs without a user, separated by commas'
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'facilitatorUrls', expected } })
}

function readKey(options: FacilitatorOptions): ReturnType<typeof readCdpKey> | undefined {
  const { cdpApiKeyId, cdpApiKeySecret } = options
  if (!cdpApiKeyId && !cdpApiKeySecret) return undefined
  if (cdpApiKeyId && cdpApiKeySecret) return readCdpKey(cdpApiKeyId, cdpApiKeySecret)
  const field = cdpApiKeyId ? 'cdpApiKeySecret' : 'cdpApiKeyId'
  const expected = 'both the id and the secret of the CDP API key'
  throw new Key0Error('CONFIG_INVALID', { facts: { field, expected } })
}
