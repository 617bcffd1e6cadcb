import type { Refused, Sold } from '@key0/checkout'
import type { Context, Where } from '../Context.ts'
import type { Dialect } from '../request/readPaymentHeader.ts'
import { writeGrant } from './writeGrant.ts'
import { writeRefusal } from './writeRefusal.ts'

/** A request that carried a payment, or a proof of one. */
export type Paid = { readonly url: Where; readonly dialect: Dialect }

/** Writes how a payment, or a proof of one, ended. */
export function writeSale(sale: Sold | Refused, paid: Paid, context: Context): Response {
  return sale.kind === 'sold' ? writeGrant(sale, paid.dialect) : writeRefusal(sale, paid, context)
}
