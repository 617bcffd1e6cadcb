import {
  encodeSettlementResponse,
  encodeV1SettlementResponse,
  type SettlementResponse,
  toV1SettlementResponse,
} from '@key0/x402'
import type { Dialect } from '../request/readPaymentHeader.ts'
import type { HeaderRecord } from './respond.ts'

/** What became of a payment, in the version in which it came. */
export function settlementHeader(settlement: SettlementResponse, dialect: Dialect): HeaderRecord {
  const v1 = dialect === 'v1' ? toV1SettlementResponse(settlement) : undefined
  return v1
    ? { 'x-payment-response': encodeV1SettlementResponse(v1) }
    : { 'payment-response': encodeSettlementResponse(settlement) }
}
