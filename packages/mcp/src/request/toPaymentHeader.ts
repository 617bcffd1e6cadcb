import { headerNames } from '@key0/x402'
import type { Call } from '../tools/Tool.ts'
import { findPayment, hasPayment, listPayments } from './findPayment.ts'

/**
 * The payment of a call as the HTTP header of its version; nothing when there is none.
 *
 * @throws as `findPayment`
 */
export function toPaymentHeader(call: Call): Readonly<Record<string, string>> {
  if (!hasPayment(call)) return {}
  findPayment(call)
  const [first] = listPayments(call)
  const given = first?.value
  const header =
    typeof given === 'string' ? given : Buffer.from(JSON.stringify(given)).toString('base64')
  const { x402Version } = JSON.parse(Buffer.from(header, 'base64').toString()) as {
    readonly x402Version?: number
  }
  return { [x402Version === 1 ? headerNames.v1Payment : headerNames.paymentSignature]: header }
}
