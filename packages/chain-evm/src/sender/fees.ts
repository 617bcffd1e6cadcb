import type { EvmChain } from '../chain/EvmChain.ts'

/** EIP-1559 fees, in wei for each unit of gas. */
export type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }

const staleAfterMs = 10_000

/**
 * What a transaction offers now: twice the latest base fee, which outlives five full blocks in a
 * row, and the row's tip, but never more than the row's cap. Asks the chain only when the block
 * seen last is old.
 */
export async function readFees(chain: EvmChain): Promise<Fees> {
  if (chain.clock.nowMs() - chain.lastBlock().readAtMs > staleAfterMs) await chain.head()
  return computeFees(chain)
}

/** The same from the block seen last. */
export function computeFees({ row, lastBlock }: EvmChain): Fees {
  const { tipWei, maxFeeWei } = row.fees
  return cap(lastBlock().baseFeePerGas * 2n + tipWei, tipWei, maxFeeWei)
}

/** Fees that pools take as a replacement: a quarter more, where 10 to 12.5 percent are asked. */
export function raiseFees(chain: EvmChain, before: Fees): Fees {
  const now = computeFees(chain)
  const more = (fee: bigint): bigint => (fee * 5n) / 4n + 1n
  const highest = (a: bigint, b: bigint): bigint => (a > b ? a : b)
  return cap(
    highest(now.maxFeePerGas, more(before.maxFeePerGas)),
    highest(now.maxPriorityFeePerGas, more(before.maxPriorityFeePerGas)),
    chain.row.fees.maxFeeWei,
  )
}

function cap(maxFee: bigint, tip: bigint, most: bigint): Fees {
  const maxFeePerGas = maxFee > most ? most : maxFee
  return { maxFeePerGas, maxPriorityFeePerGas: tip > maxFeePerGas ? maxFeePerGas : tip }
}
