import type { Sold } from '@key0/checkout'
import type { Dialect } from '../request/readPaymentHeader.ts'
import { grantHeaders } from './respond.ts'
import { settlementHeader } from './settlementHeader.ts'

/** The grant, and what became of the payment. The same purchase gets the same bytes every time. */
export function writeGrant({ delivered, settlement }: Sold, dialect: Dialect): Response {
  return new Response(JSON.stringify(delivered.grant), {
    status: 200,
    headers: { ...grantHeaders, ...settlementHeader(settlement, dialect) },
  })
}
