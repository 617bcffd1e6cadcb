import type { Sold } from '@key0/checkout'
import { encodeSettlementResponse } from '@key0/x402'
import { grantHeaders } from './respond.ts'

/** The grant, and what became of the payment. The same purchase gets the same bytes every time. */
export function writeGrant({ delivered, settlement }: Sold): Response {
  return new Response(JSON.stringify(delivered.grant), {
    status: 200,
    headers: { ...grantHeaders, 'payment-response': encodeSettlementResponse(settlement) },
  })
}
