import type { Address } from '../challenge/hex.ts'
import { sameAddress } from '../challenge/hex.ts'
import type { Chain, PaymentEvidence } from '../ports/Chain.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'

/** A wallet that receives a token: every transfer into it must be in exactly one record. */
export type Wallet = {
  readonly token: Address
  readonly payee: Address
  /** The token's symbol and decimals, to write amounts with. */
  readonly asset: string
  readonly decimals: number
}

type Reading = { readonly store: ChallengeStore; readonly chain: Chain }

const BLOCKS_AT_ONCE = 10_000n
const CLAIMS_AT_ONCE = 50

/**
 * Transfers into wallets of one token that no record claims, page by page in the order of the
 * chain. One search of the chain serves all of them.
 */
export async function* listUnclaimed(
  { store, chain }: Reading,
  wallets: readonly [Wallet, ...Wallet[]],
  fromBlock: bigint,
  toBlock: bigint,
): AsyncGenerator<{ readonly upTo: bigint; readonly unclaimed: readonly PaymentEvidence[] }> {
  const [{ token }] = wallets
  const to = wallets.map(({ payee }) => payee)
  for (let from = fromBlock; from <= toBlock; from += BLOCKS_AT_ONCE) {
    const last = from + BLOCKS_AT_ONCE - 1n
    const upTo = last < toBlock ? last : toBlock
    const found = await chain.transfers({ token, to, fromBlock: from, toBlock: upTo })
    const income = found.filter((each) => !sameAddress(each.from, each.to))
    yield { upTo, unclaimed: await withoutClaim(store, income) }
  }
}

async function withoutClaim(
  store: ChallengeStore,
  income: readonly PaymentEvidence[],
): Promise<readonly PaymentEvidence[]> {
  const unclaimed: PaymentEvidence[] = []
  for (let start = 0; start < income.length; start += CLAIMS_AT_ONCE) {
    const page = income.slice(start, start + CLAIMS_AT_ONCE)
    const claims = await Promise.all(page.map(({ paymentRef }) => store.getClaim(paymentRef)))
    unclaimed.push(...page.filter((_, index) => claims[index] === undefined))
  }
  return unclaimed
}
