import type { Sighting, TransferQuery } from '@key0/core'
import { sameAddress } from '@key0/core'
import { readReceipt, readTransfers } from '../token/receipt.ts'
import type { Context } from './Context.ts'
import { judge } from './judge.ts'

/** What a transaction paid: one matching log of the token, never a sum of several. */
export async function inspect(context: Context, query: TransferQuery): Promise<Sighting> {
  const { rpc, row, token } = context
  const { txHash, to, value, from } = query
  if (!sameAddress(query.token, token.address)) {
    return { kind: 'mismatch', facts: { expected: token.address, found: query.token } }
  }
  try {
    const receipt = await readReceipt(rpc, txHash)
    if (!receipt) return { kind: 'absent' }
    const transfers = readTransfers(row.id, token.address, receipt)
    const [first] = transfers
    if (!first) return { kind: 'absent' }
    const matches = transfers.filter(
      (it) => sameAddress(it.to, to) && it.value === (value ?? it.value),
    )
    const own =
      matches.length > 1 && from ? matches.filter((it) => sameAddress(it.from, from)) : matches
    const [match] = own
    if (match && own.length === 1) return await judge(context, match, query)
    const paid = transfers.filter((it) => sameAddress(it.to, to))
    const facts: Record<string, string> = {
      txHash,
      expectedTo: to,
      expectedValue: `${value ?? 'any'}`,
      transfers: `${transfers.length}`,
      matching: `${own.length}`,
    }
    const other = paid[0] ?? first
    if (own.length === 0) Object.assign(facts, { paidTo: other.to, paidValue: `${other.value}` })
    return { kind: 'mismatch', facts }
  } catch (cause) {
    return { kind: 'unreachable', cause }
  }
}
