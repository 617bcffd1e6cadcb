import type { Refused, Sold } from '@key0/checkout'
import type { Context } from '../Context.ts'
import { writeGrant } from './writeGrant.ts'
import { writeRefusal } from './writeRefusal.ts'

/** Writes how a payment, or a proof of one, ended. */
export function writeSale(sale: Sold | Refused, url: URL, context: Context): Response {
  return sale.kind === 'sold' ? writeGrant(sale) : writeRefusal(sale, url, context)
}
