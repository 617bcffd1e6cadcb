import type { Refused, Sold } from '@key0/checkout'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { Context } from '../Context.ts'
import { problemMembers } from './problemMembers.ts'
import { writeOffer } from './writeOffer.ts'
import { writeResult } from './writeResult.ts'

/**
 * Writes how a payment ended. The same purchase gets the same content every time, and whatever is
 * known about the money is in `x402/payment-response`, also where nothing could be delivered.
 */
export function writeSale(
  sale: Sold | Refused,
  resource: string,
  { checkout, report }: Context,
): CallToolResult {
  const { settlement } = sale
  const _meta = { 'x402/payment-response': settlement }
  if (sale.kind === 'sold') return { ...writeResult(sale.delivered.grant), _meta }
  const { offered, problem, cause } = sale
  report(problem, cause)
  if (offered) return writeOffer({ offered, problem, settlement }, resource, checkout)
  return { ...writeResult(problemMembers(problem, checkout.seller)), isError: true, _meta }
}
