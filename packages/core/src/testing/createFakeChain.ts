import type { SignedAuthorization } from '../challenge/Authorization.ts'
import { sameAddress } from '../challenge/hex.ts'
import { authorizationRef, transferRef } from '../challenge/PaymentRef.ts'
import type { ErrorCode } from '../errors/codes.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type {
  AuthorizationQuery,
  Chain,
  Finality,
  Head,
  Offer,
  PaymentEvidence,
  Sighting,
  TransferQuery,
  TransfersQuery,
  Verification,
} from '../ports/Chain.ts'
import type { FakeClock } from './createFakeClock.ts'
import type { FakeLedger, FakeTransfer } from './createFakeLedger.ts'
import { authorizationMessage, fakeSignature } from './fakeHash.ts'

/** Core's `Chain` over a fake ledger. */
export type FakeChain = Chain & {
  readonly ledger: FakeLedger
  /** When true every question fails, as when no node answers. */
  unreachable: boolean
}

/** `clock` lets `observe` wait as long as it is asked to; without it the answer is immediate. */
export function createFakeChain(options: {
  readonly chainId: number
  readonly ledger: FakeLedger
  readonly clock?: FakeClock
}): FakeChain {
  const { chainId, ledger } = options
  const ask = <answer>(question: () => answer): answer => {
    if (chain.unreachable) throw new Key0Error('CHAIN_UNREACHABLE', { cause: silence() })
    return question()
  }
  const sighted = async (question: () => Sighting): Promise<Sighting> =>
    chain.unreachable ? { kind: 'unreachable', cause: silence() } : question()
  const chain: FakeChain = {
    chainId,
    ledger,
    unreachable: false,
    verify: async (offer, authorization) =>
      chain.unreachable
        ? { kind: 'unreachable', cause: silence() }
        : verify(chain, offer, authorization),
    async observe(query) {
      const untilMs = (options.clock?.nowMs() ?? 0) + (query.waitMs ?? 0)
      for (;;) {
        const sighting = await sighted(() => observe(chain, query))
        const waits = sighting.kind === 'unused' || sighting.kind === 'seen'
        if (!waits || !options.clock || options.clock.nowMs() >= untilMs) return sighting
        await options.clock.sleep(POLL_MS)
      }
    },
    inspect: (query) => sighted(() => inspect(chain, query)),
    transfers: async (query) => ask(() => list(chain, query)),
    blockBefore: async (time) => ask(() => ledger.blockBefore(time)),
    head: async (finality) => ask(() => ledger.head(finality)),
    isSignedBy: async (address, message, signature) =>
      ask(() => signature === fakeSignature(address, message)),
    isAuthorizedBy: async (token, authorization) => ask(() => isSigned(token, authorization)),
  }
  return chain
}

const POLL_MS = 500

function silence(): Error {
  return new Error('no node answers')
}

function isSigned(token: `0x${string}`, authorization: SignedAuthorization): boolean {
  const message = authorizationMessage(token, authorization)
  return authorization.signature === fakeSignature(authorization.from, message)
}

function verify(chain: FakeChain, offer: Offer, authorization: SignedAuthorization): Verification {
  const { ledger } = chain
  const head = ledger.head()
  const { from, to, value, validAfter, validBefore, nonce } = authorization
  const refuse = (code: ErrorCode): Verification => ({ kind: 'invalid', code, facts: {} })
  if (offer.chainId !== chain.chainId) return refuse('PAYMENT_NETWORK_MISMATCH')
  if (!sameAddress(offer.token, ledger.token)) return refuse('PAYMENT_ASSET_MISMATCH')
  if (!sameAddress(to, offer.payTo)) return refuse('PAYMENT_PAYEE_MISMATCH')
  if (value !== offer.value) return refuse('PAYMENT_VALUE_MISMATCH')
  if (validBefore <= head.time) return refuse('AUTHORIZATION_EXPIRED')
  if (validBefore > head.time + BigInt(offer.maxTimeoutSeconds) + 60n)
    return refuse('AUTHORIZATION_TOO_LONG')
  if (validAfter >= head.time) return refuse('AUTHORIZATION_NOT_YET_VALID')
  if (!isSigned(offer.token, authorization)) return refuse('SIGNATURE_INVALID')
  if (ledger.nonceOf(from, nonce)) return { kind: 'used', head }
  if (ledger.paused) return refuse('TOKEN_PAUSED')
  if (ledger.blacklist.has(from) || ledger.blacklist.has(to)) return refuse('PAYER_BLOCKED')
  if (ledger.balanceOf(from) < value) return refuse('FUNDS_INSUFFICIENT')
  return { kind: 'valid', head }
}

function observe(chain: FakeChain, query: AuthorizationQuery): Sighting {
  const { ledger } = chain
  const final = ledger.head(query.finality)
  const nonce = ledger.nonceOf(query.from, query.nonce)
  if (nonce === undefined)
    return final.time >= query.validBefore ? { kind: 'dead', cause: 'expired' } : { kind: 'unused' }
  if (nonce.kind === 'cancelled')
    return nonce.block.number <= final.number
      ? { kind: 'dead', cause: 'cancelled' }
      : { kind: 'unused' }
  const { transfer } = nonce
  const wanted = sameAddress(transfer.to, query.to) && transfer.value === query.value
  if (!wanted) {
    const { txHash, to: paidTo, value } = transfer
    return { kind: 'mismatch', facts: { txHash, paidTo, paidValue: `${value}` } }
  }
  return placed(chain, transfer, query.finality)
}

function inspect(chain: FakeChain, query: TransferQuery): Sighting {
  const receipt = chain.ledger.receiptOf(query.txHash)
  if (!receipt?.ok || receipt.transfers.length === 0) return { kind: 'absent' }
  const { from } = query
  const match = receipt.transfers.find(
    (transfer) =>
      sameAddress(query.token, chain.ledger.token) &&
      sameAddress(transfer.to, query.to) &&
      transfer.value === (query.value ?? transfer.value) &&
      (from === undefined || sameAddress(transfer.from, from)),
  )
  if (!match) return { kind: 'mismatch', facts: { txHash: query.txHash } }
  return placed(chain, match, query.finality)
}

function list(chain: FakeChain, query: TransfersQuery): readonly PaymentEvidence[] {
  const { token, from, to, fromBlock, toBlock } = query
  const payees = to === undefined ? undefined : [to].flat()
  const wanted = chain.ledger
    .transfers()
    .filter(
      (transfer) =>
        sameAddress(token, chain.ledger.token) &&
        (from === undefined || sameAddress(transfer.from, from)) &&
        (payees === undefined || payees.some((payee) => sameAddress(transfer.to, payee))) &&
        transfer.block.number >= fromBlock &&
        transfer.block.number <= toBlock,
    )
  return wanted.map((transfer) => toEvidence(chain, transfer))
}

function placed(chain: FakeChain, transfer: FakeTransfer, finality: Finality): Sighting {
  const deep = transfer.block.number <= chain.ledger.head(finality).number
  return { kind: deep ? 'confirmed' : 'seen', evidence: toEvidence(chain, transfer) }
}

/** A transfer as core names it. */
export function toEvidence(
  { chainId, ledger }: Pick<FakeChain, 'chainId' | 'ledger'>,
  { txHash, ordinal, from, to, value, nonce, block }: FakeTransfer,
): PaymentEvidence {
  const { token } = ledger
  const head: Head = block
  const paymentRef = nonce
    ? authorizationRef({ chainId, token, from, nonce })
    : transferRef({ chainId, token, txHash, ordinal })
  return { paymentRef, txHash, from, to, value, block: head }
}
