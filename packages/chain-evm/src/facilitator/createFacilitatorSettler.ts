import {
  type Hash,
  Key0Error,
  type Settler,
  type Submission,
  type Submitted,
  type Verification,
} from '@key0/core'
import { isHash } from 'viem'
import { canonicalise } from '../carry/carryAuthorization.ts'
import type { EvmChain } from '../chain/EvmChain.ts'
import { type Breaker, createBreaker } from './Breaker.ts'
import { readCdpKey } from './cdpToken.ts'
import { createFacilitator, type Facilitator, type Reply } from './Facilitator.ts'
import { inTurn } from './inTurn.ts'
import { buildPaymentBody } from './paymentBody.ts'
import { isOwnFault, readVerdict, toReason } from './readVerdict.ts'

export type FacilitatorOptions = {
  readonly chain: EvmChain
  /** Base URLs, tried in order while one is down. Default: Coinbase's. */
  readonly urls?: string | readonly string[]
  /** The API key that Coinbase's facilitator asks for. Sent to that host and to no other. */
  readonly cdpApiKeyId?: string
  readonly cdpApiKeySecret?: string
  /** How long one call may take; default 30,000. A settlement waits for a block. */
  readonly timeoutMs?: number
  /**
   * After so long without an answer the next one is asked as well, and where there is none, after
   * twice as long, the chain; default 8,000.
   */
  readonly slowMs?: number
  /**
   * Settles itself when no facilitator does, such as `createGasWalletSettler`. It is handed the
   * same authorization, whose nonce the token executes once: nobody is charged twice.
   */
  readonly fallback?: Settler
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

/** A facilitator, and whether it has been failing. */
type Candidate = Facilitator & { readonly breaker: Breaker }

type Settling = Pick<FacilitatorOptions, 'fallback'> & {
  readonly chain: EvmChain
  readonly candidates: readonly Candidate[]
  readonly slowMs: number
}

/**
 * Settles through x402 facilitators, which pay the gas: the first that is not failing, then the
 * others, then our own wallet where there is one. Whoever is slow or down is passed over at once,
 * and all are handed the same authorization. Nothing they say is believed: `submit` hands over,
 * and the chain alone decides. Handed over again, whoever had it before comes last, whatever it
 * said then.
 *
 * @throws CONFIG_INVALID for a URL or an API key that is none; the secret is never repeated.
 */
export function createFacilitatorSettler(options: FacilitatorOptions): FacilitatorSettler {
  const { chain, slowMs = 8_000, fallback } = options
  const { clock } = chain
  const candidates = readUrls(options).map((url) => {
    const context = {
      clock,
      timeoutMs: options.timeoutMs ?? 30_000,
      fetch: options.fetch ?? globalThis.fetch,
      cdpKey: readKey(options),
    }
    return { ...createFacilitator(url, context), breaker: createBreaker(clock) }
  })
  const settling: Settling = { chain, candidates, slowMs, ...(fallback && { fallback }) }
  return {
    kind: 'facilitator',
    precheck: async (offer, authorization) => {
      const signed = await canonicalise(chain, authorization)
      return await precheck(settling, buildPaymentBody(chain, offer, signed))
    },
    submit: async (request, journal) => await submit(settling, request, journal),
    checkSupport: async () =>
      await Promise.all(candidates.map(async (it) => await checkSupport(chain, it))),
  }
}

/** Who has been failing is asked last, and not at all where our own wallet can do it. */
function inOrder({ candidates, fallback }: Settling): readonly Candidate[] {
  const well = candidates.filter(({ breaker }) => !breaker.isOpen())
  return fallback ? well : [...well, ...candidates.filter((it) => !well.includes(it))]
}

async function precheck(settling: Settling, body: unknown): Promise<Verification> {
  const { number, hash, time } = settling.chain.lastBlock()
  const head = { number, hash, time }
  let reason = 'no facilitator answered'
  let doubt: Verification | undefined
  const asks = inOrder(settling).map((candidate) => async () => {
    const reply = await candidate.ask('verify', body)
    const verdict = readVerdict(reply, head)
    candidate.breaker.report(verdict.kind === 'none' ? 'failed' : 'answered')
    if (verdict.kind === 'decides') return verdict.verification
    if (verdict.kind === 'doubts') doubt ??= verdict.verification
    else reason = describe(candidate, reply)
    return undefined
  })
  const verification = await inTurn<Verification>(asks, settling.slowMs)
  if (verification) return verification
  // The chain has just tried it, and our own wallet needs nobody's word.
  if (settling.fallback) return { kind: 'valid', head }
  return doubt ?? { kind: 'unreachable', cause: new Error(reason) }
}

/** Handed over again, it goes first to those who did not have it: whoever had it did not settle. */
function byTurns(
  settling: Settling,
  previous: readonly Submission[],
): { readonly untried: readonly Candidate[]; readonly tried: readonly Candidate[] } {
  const lastOf = ({ name }: Candidate): number =>
    previous.findLastIndex((it) => it.via === 'facilitator' && it.url === name)
  const all = inOrder(settling)
  const untried = all.filter((it) => lastOf(it) < 0)
  const tried = all.filter((it) => lastOf(it) >= 0).sort((a, b) => lastOf(a) - lastOf(b))
  return { untried, tried }
}

async function submit(
  settling: Settling,
  request: Parameters<Settler['submit']>[0],
  journal: Parameters<Settler['submit']>[1],
): Promise<Submitted> {
  const { chain, fallback, slowMs } = settling
  const { offer, authorization } = request
  const signed = await canonicalise(chain, authorization)
  const body = buildPaymentBody(chain, offer, signed)
  const previous = [...request.previous]
  let reason = 'no facilitator answered'
  const toAsk = (candidate: Candidate) => async (): Promise<Submitted | undefined> => {
    const submission = {
      via: 'facilitator',
      url: candidate.name,
      atMs: chain.clock.nowMs(),
    } as const
    await journal(submission)
    previous.push(submission)
    const reply = await candidate.ask('settle', body)
    const outcome = readSettlement(reply)
    candidate.breaker.report(isAnswered(reply, outcome) ? 'answered' : 'failed')
    if (outcome?.kind === 'submitted') return outcome
    // That it did nothing with the payment is only its word.
    reason = outcome?.reason ?? describe(candidate, reply)
    return undefined
  }
  const askOwn = async (): Promise<Submitted | undefined> => {
    const outcome = await fallback?.submit({ ...request, previous }, journal)
    if (outcome?.kind === 'submitted') return outcome
    reason = outcome?.reason ?? reason
    return undefined
  }
  const { untried, tried } = byTurns(settling, request.previous)
  const asks = [...untried.map(toAsk), ...(fallback ? [askOwn] : []), ...tried.map(toAsk)]
  return (await inTurn(asks, slowMs)) ?? { kind: 'unknown', reason }
}

/** Reads a settlement's body whatever its status; `undefined` when the reply is no answer. */
function readSettlement(reply: Reply): Submitted | undefined {
  if (reply.kind === 'none' || typeof reply.body.success !== 'boolean') return undefined
  const { success, transaction, errorReason } = reply.body
  const txHash = typeof transaction === 'string' && isHash(transaction) ? transaction : undefined
  if (success || errorReason === 'settlement_pending') {
    return { kind: 'submitted', ...(txHash && { txHash: txHash as Hash }) }
  }
  return { kind: 'unknown', reason: toReason(errorReason) }
}

function isAnswered(reply: Reply, outcome: Submitted | undefined): boolean {
  if (reply.kind === 'none' || outcome === undefined) return false
  return outcome.kind === 'submitted' || !isOwnFault(reply.status, outcome.reason)
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

function readUrls({ chain, urls = defaultFacilitatorUrl }: FacilitatorOptions): readonly URL[] {
  const { testnet: isTestnet } = chain.row
  const texts = (typeof urls === 'string' ? urls.split(',') : urls).map((it) => it.trim())
  const given = texts.filter((it) => it !== '')
  const isUsable = (it: string): boolean => {
    if (!URL.canParse(it)) return false
    const url = new URL(it)
    const isPlain = url.protocol === 'http:' && (isTestnet || isLoopback(url.hostname))
    const isSafe = url.protocol === 'https:' || isPlain
    return isSafe && url.username === '' && url.password === ''
  }
  if (given.length > 0 && given.every(isUsable)) return given.map((it) => new URL(it))
  const kind = isTestnet ? 'http(s)' : 'https (or, on this machine, http)'
  const expected = `one or more ${kind} URLs without a user, separated by commas`
  throw new Key0Error('CONFIG_INVALID', { facts: { field: 'facilitatorUrls', expected } })
}

/** What never leaves this machine needs no TLS. */
function isLoopback(host: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(host)
}

function readKey(options: FacilitatorOptions): ReturnType<typeof readCdpKey> | undefined {
  const { cdpApiKeyId, cdpApiKeySecret } = options
  if (!cdpApiKeyId && !cdpApiKeySecret) return undefined
  if (cdpApiKeyId && cdpApiKeySecret) return readCdpKey(cdpApiKeyId, cdpApiKeySecret)
  const field = cdpApiKeyId ? 'cdpApiKeySecret' : 'cdpApiKeyId'
  const expected = 'both the id and the secret of the CDP API key'
  throw new Key0Error('CONFIG_INVALID', { facts: { field, expected } })
}
