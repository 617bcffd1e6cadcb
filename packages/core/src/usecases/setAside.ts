import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import type { Disposition } from '../challenge/PaymentClaim.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { adoptPayment } from './adoptPayment.ts'
import { refundFacts } from './closed.ts'
import type { PresentedTransfer } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import { payerProofMessage } from './payerProof.ts'

/** What a transfer is that was refused with this error; `undefined`: it may still buy something. */
export function strayOf(record: ChallengeRecord, error: Key0Error): Disposition | undefined {
  switch (error.code) {
    case 'CHALLENGE_EXPIRED':
    case 'CHALLENGE_CANCELLED':
    case 'TRANSFER_OUTSIDE_WINDOW':
      return 'LATE'
    case 'REQUEST_CONFLICT':
    case 'CHALLENGE_REFUNDING':
    case 'CHALLENGE_REFUNDED':
      return 'SURPLUS'
    case 'TRANSFER_MISMATCH':
      return record.state === 'PENDING' ? 'UNDER' : 'SURPLUS'
    default:
      return undefined
  }
}

/**
 * Gives a refused transfer its own record, when its payer presents it and the chain shows it as
 * deep as a refund needs. Whatever stands against that, the refusal stays what it was: the transfer
 * is found later by whoever accounts for the wallet.
 */
export async function setAside(
  ctx: EngineContext,
  record: ChallengeRecord,
  { challengeId, txHash, payerSignature }: PresentedTransfer,
  disposition: Disposition,
  refusal: Key0Error,
): Promise<Key0Error> {
  const { settings, chain, store } = ctx
  const { token, destination: payee } = record
  if (settings.proofBinding === 'signature' && payerSignature === undefined) return refusal
  const query = { txHash, token, to: payee, finality: settings.finality.refund }
  const sighting = await chain.inspect(query)
  if (sighting.kind !== 'confirmed') return refusal
  const { evidence } = sighting
  // A transfer of before the challenge was not made for it.
  const madeMs = Number(evidence.block.time) * 1000
  if (madeMs < record.createdAt.getTime() - settings.skewMs) return refusal
  const isPayers =
    payerSignature === undefined ||
    (await chain.isSignedBy(evidence.from, payerProofMessage(challengeId, txHash), payerSignature))
  if (!isPayers || (await store.getClaim(evidence.paymentRef))) return refusal
  const wallet = { token, payee, asset: settings.asset, decimals: settings.decimals }
  const why = evidence.value > record.amountRaw ? 'SURPLUS' : disposition
  const goesBack = settings.strayTransfers === 'refund'
  const adopted = await adoptPayment(ctx, wallet, evidence, {
    disposition: why,
    ...(!goesBack && { held: `it bought nothing: ${why}` }),
  })
  if (!adopted) return refusal
  const what = `money arrived that bought nothing (${why}): ${goesBack ? 'it goes back' : 'it is held'}`
  ctx.observe({ name: 'alert', what, challengeId: adopted.challengeId })
  const { refund, refundNotBefore } = refundFacts(adopted, settings)
  const back = goesBack ? { refund, refundNotBefore } : { refund: 'by the seller' }
  return new Key0Error(refusal.code, {
    facts: { ...refusal.facts, setAside: why, ...back } as Record<string, string>,
    cause: refusal,
  })
}
