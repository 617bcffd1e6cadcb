import type { Refused, Sold } from '@key0/checkout'
import { toV1SettlementResponse } from '@key0/x402'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import type { Context } from '../Context.ts'
import type { Call } from '../tools/Tool.ts'
import { problemMembers } from './problemMembers.ts'
import { writeOffer } from './writeOffer.ts'
import { writeResult } from './writeResult.ts'

/**
 * Writes how a payment ended. The same purchase gets the same content every time, and whatever is
 * known about the money is in `x402/payment-response`, also where nothing could be delivered.
 */
export function writeSale(
  sale: Sold | Refused,
  { resource, call }: { readonly resource: string; readonly call: Call },
  { checkout, report }: Context,
): CallToolResult {
  const { settlement } = sale
  // Who pays at version 1's place looks for the outcome at version 1's place as well.
  const isV1 = Object.hasOwn(call.meta, 'x402.payment')
  const v1 = isV1 && { 'x402.payment-response': toV1SettlementResponse(settlement) }
  const _meta = { 'x402/payment-response': settlement, ...v1 }
  if (sale.kind === 'sold') return { ...writeResult(sale.delivered.grant), _meta }
  const { offered, problem, cause } = sale
  report(problem, cause)
  if (offered) return writeOffer({ offered, problem, settlement }, resource, checkout)
  return { ...writeResult(problemMembers(problem, checkout.seller)), isError: true, _meta }
}
