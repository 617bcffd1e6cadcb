import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { sameAddress } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Chain, PaymentEvidence } from '../ports/Chain.ts'

/**
 * A transfer by which somebody may have paid a refund by hand: a plain one from the payee to the
 * payer since the payment. Refunds of ours are authorizations, and so are those of every other
 * deployment of this wallet, under the same nonce for the same payment; a wallet's "send" is plain.
 * A person who released the record after it has seen it.
 */
export async function findHandPaid(
  chain: Chain,
  { token, destination, releasedAt }: ChallengeRecord,
  payment: PaymentEvidence,
): Promise<PaymentEvidence | undefined> {
  if (sameAddress(payment.from, destination)) return undefined
  const { number: toBlock } = await chain.head()
  const { number: fromBlock } = payment.block
  // A node that lags behind the one that showed the payment cannot say.
  if (toBlock < fromBlock) throw new Key0Error('CHAIN_UNREACHABLE')
  const sent = await chain.transfers({
    token,
    from: destination,
    to: payment.from,
    fromBlock,
    toBlock,
  })
  const seenMs = releasedAt?.getTime() ?? Number.NEGATIVE_INFINITY
  return sent.find(
    ({ paymentRef, block }) => paymentRef.startsWith('tx:') && Number(block.time) * 1000 > seenMs,
  )
}
