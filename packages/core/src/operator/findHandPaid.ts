import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { type Address, sameAddress } from '../challenge/hex.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import type { Chain, PaymentEvidence } from '../ports/Chain.ts'
import type { Clock } from '../ports/Clock.ts'

type Looking = { readonly chain: Chain; readonly clock: Clock }

/**
 * A transfer by which somebody may have paid a refund by hand: a plain one from the payee to the
 * payer since the payment. Refunds of ours are authorizations, and so are those of every other
 * deployment of this wallet, under the same nonce for the same payment; a wallet's "send" is plain.
 * A person who released the record after it has seen it.
 */
export async function findHandPaid(
  looking: Looking,
  { token, destination, releasedAt }: ChallengeRecord,
  payment: PaymentEvidence,
): Promise<PaymentEvidence | undefined> {
  const { from: payer, block: paidIn } = payment
  if (sameAddress(payer, destination)) return undefined
  const sent = await readPlain(looking, { token, from: destination, fromBlock: paidIn.number })
  const seenMs = releasedAt?.getTime() ?? Number.NEGATIVE_INFINITY
  const suspects = sent.filter(
    ({ to, block }) =>
      sameAddress(to, payer) && block.number >= paidIn.number && Number(block.time) * 1000 > seenMs,
  )
  const { chain } = looking
  if (!chain.refundNonceOf) return suspects[0]
  // Where refunds are plain transfers themselves, those of ours say which payment they are for.
  for (const suspect of suspects)
    if ((await chain.refundNonceOf(suspect.txHash)) === undefined) return suspect
  return undefined
}

type Sent = { readonly token: Address; readonly from: Address; readonly fromBlock: bigint }

type Look = Sent & { readonly atMs: number; readonly found: Promise<readonly PaymentEvidence[]> }

/** The refunds of one pass share a look: what is sent by hand in these seconds is missed anyway. */
const SHARED_MS = 2_000

const looks = new WeakMap<Chain, Look[]>()

/** Plain transfers out of a wallet since a block. */
function readPlain({ chain, clock }: Looking, sent: Sent): Promise<readonly PaymentEvidence[]> {
  const nowMs = clock.nowMs()
  const fresh = (looks.get(chain) ?? []).filter(({ atMs }) => Math.abs(nowMs - atMs) < SHARED_MS)
  const shared = fresh.find(
    ({ token, from, fromBlock }) =>
      sameAddress(token, sent.token) && sameAddress(from, sent.from) && fromBlock <= sent.fromBlock,
  )
  if (shared) return shared.found
  const look: Look = { ...sent, atMs: nowMs, found: readFromChain(chain, sent) }
  looks.set(chain, [...fresh, look])
  // What failed is asked again by the next one.
  look.found.catch(() => {
    looks.set(
      chain,
      (looks.get(chain) ?? []).filter((it) => it !== look),
    )
  })
  return look.found
}

async function readFromChain(
  chain: Chain,
  { token, from, fromBlock }: Sent,
): Promise<readonly PaymentEvidence[]> {
  const { number: toBlock } = await chain.head()
  // A node that lags behind the one that showed the payment cannot say.
  if (toBlock < fromBlock) throw new Key0Error('CHAIN_UNREACHABLE')
  const sent = await chain.transfers({ token, from, fromBlock, toBlock })
  return sent.filter(({ paymentRef }) => paymentRef.startsWith('tx:'))
}
