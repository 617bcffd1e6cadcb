import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { hasOpenIntent } from '../lifecycle/guard.ts'
import type { PaymentEvidence } from '../ports/Chain.ts'
import { assertSameRequest } from './assertSameRequest.ts'
import { claimTransaction } from './claimTransaction.ts'
import { load } from './close.ts'
import { closedError } from './closed.ts'
import { type Done, deliver } from './deliver.ts'
import type { PresentedTransfer } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import { markPaid, payerProofRequired } from './evidence.ts'
import type { Maker } from './Maker.ts'
import { payerProofMessage } from './payerProof.ts'
import { setAside, strayOf } from './setAside.ts'

/**
 * Accepts a transfer the client made itself, and delivers; see `Engine.submitProof`. Money that its
 * payer presents and that buys nothing is not lost sight of: it gets a record of its own.
 */
export async function submitProof(
  ctx: EngineContext,
  transfer: PresentedTransfer,
  maker: Maker,
): Promise<Done> {
  const record = await load(ctx, transfer.challengeId)
  // Presented with another request it has bought nothing yet, and still may: it is left alone.
  assertSameRequest(record, transfer.request ?? {})
  try {
    return await acceptProof(ctx, record, transfer, maker)
  } catch (error) {
    const disposition = Key0Error.is(error) && strayOf(record, error)
    if (!disposition) throw error
    throw await setAside(ctx, record, transfer, disposition, error)
  }
}

async function acceptProof(
  ctx: EngineContext,
  record: ChallengeRecord,
  transfer: PresentedTransfer,
  maker: Maker,
): Promise<Done> {
  const paid = record.state === 'PAID' || record.state === 'DELIVERED'
  if (record.state !== 'PENDING' && !paid) throw closedError(record)
  if (hasOpenIntent(record)) throw new Key0Error('SETTLEMENT_PENDING')
  const evidence = await findTransfer(ctx, record, transfer)
  if (paid && evidence.paymentRef !== record.paymentRef) throw new Key0Error('REQUEST_CONFLICT')
  await assertPresenter(ctx, transfer, evidence)
  if (paid) return deliver(ctx, record, maker)
  assertInWindow(ctx, record, evidence)
  if ((await claimTransaction(ctx, record, evidence)) !== 'ours')
    throw new Key0Error('PAYMENT_SPENT')
  return deliver(ctx, await markPaid(ctx, record, evidence, { deliverer: maker }), maker)
}

async function findTransfer(
  ctx: EngineContext,
  record: ChallengeRecord,
  { txHash }: PresentedTransfer,
): Promise<PaymentEvidence> {
  const sighting = await ctx.chain.inspect({
    txHash,
    token: record.token,
    to: record.destination,
    value: record.amountRaw,
    ...(record.fromAddress && { from: record.fromAddress }),
    finality: ctx.settings.finality.payment,
  })
  switch (sighting.kind) {
    case 'confirmed':
      return sighting.evidence
    case 'mismatch':
      throw new Key0Error('TRANSFER_MISMATCH', { facts: sighting.facts })
    case 'absent':
    case 'dead':
      throw new Key0Error('TRANSFER_NOT_FOUND', { facts: { txHash } })
    case 'seen':
    case 'unused':
      throw new Key0Error('SETTLEMENT_PENDING', { facts: { txHash } })
    case 'unreachable':
      throw new Key0Error('CHAIN_UNREACHABLE', { cause: sighting.cause })
  }
}

/** Anybody can read a transaction's hash; only its payer can sign for this challenge. */
async function assertPresenter(
  ctx: EngineContext,
  { challengeId, txHash, payerSignature }: PresentedTransfer,
  evidence: PaymentEvidence,
): Promise<void> {
  if (ctx.settings.proofBinding === 'none') return
  if (payerSignature === undefined) throw payerProofRequired(challengeId, evidence)
  const message = payerProofMessage(challengeId, txHash)
  if (await ctx.chain.isSignedBy(evidence.from, message, payerSignature)) return
  throw new Key0Error('PAYER_PROOF_INVALID', { facts: { message } })
}

/** An old transfer must not buy a new challenge, nor a late one an expired price. */
function assertInWindow(
  ctx: EngineContext,
  record: ChallengeRecord,
  evidence: PaymentEvidence,
): void {
  const minedMs = Number(evidence.block.time) * 1000
  const { skewMs } = ctx.settings
  const fromMs = record.createdAt.getTime() - skewMs
  const untilMs = record.expiresAt.getTime() + skewMs
  if (minedMs >= fromMs && minedMs <= untilMs) return
  throw new Key0Error('TRANSFER_OUTSIDE_WINDOW', {
    facts: {
      minedAt: new Date(minedMs).toISOString(),
      from: record.createdAt.toISOString(),
      until: record.expiresAt.toISOString(),
    },
  })
}
