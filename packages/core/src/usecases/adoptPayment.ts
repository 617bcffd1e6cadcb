import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { STRAY_SCOPE } from '../challenge/kindOf.ts'
import type { Disposition } from '../challenge/PaymentClaim.ts'
import { formatUnits } from '../money/Units.ts'
import type { PaymentEvidence } from '../ports/Chain.ts'
import type { AccountingContext } from './accountForTransfers.ts'
import type { Wallet } from './listUnclaimed.ts'

const NEVER_MS = 10 * 365 * 86_400_000

/**
 * Writes a record of its own for a payment that bought nothing: claimed for good, PAID, and held
 * when `held` says why; otherwise it goes back like any undelivered payment. A crash between the
 * two steps leaves a challenge that nobody can pay; adopting it again finishes it. `undefined` when
 * the payment has a record already.
 */
export async function adoptPayment(
  ctx: Pick<AccountingContext, 'store' | 'chain' | 'clock' | 'newId'>,
  wallet: Wallet,
  { paymentRef, txHash, from, value, block }: PaymentEvidence,
  stray: { readonly disposition: Disposition; readonly held?: string },
): Promise<ChallengeRecord | undefined> {
  const { chain, store, newId, clock } = ctx
  const challengeId = `${STRAY_SCOPE}:${paymentRef}`
  const nowMs = clock.nowMs()
  const attempt = () => ({ key: newId(), actor: 'accounting' })
  const created = await store.create(
    {
      challengeId,
      requestId: paymentRef,
      scope: STRAY_SCOPE,
      clientAgentId: STRAY_SCOPE,
      resourceId: STRAY_SCOPE,
      planId: STRAY_SCOPE,
      amount: `$${formatUnits(value, wallet.decimals)}`,
      amountRaw: value,
      asset: wallet.asset,
      token: wallet.token,
      chainId: chain.chainId,
      destination: wallet.payee,
      createdAt: new Date(nowMs),
      expiresAt: new Date(nowMs + NEVER_MS),
    },
    attempt(),
  )
  if (created.kind !== 'applied' && created.kind !== 'replayed') return undefined
  const fields = {
    txHash,
    paidAt: new Date(Number(block.time) * 1000),
    fromAddress: from,
    paidBlock: { number: block.number, hash: block.hash },
    paymentFinal: true,
    ...stray,
  }
  const settled = await store.settle(challengeId, paymentRef, fields, attempt())
  return settled.kind === 'applied' ? settled.record : undefined
}
