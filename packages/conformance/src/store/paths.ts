import type { State } from '@key0/core'

/** The legal moves by which a new challenge usually comes to each state. */
export const paths: Readonly<Record<State, readonly State[]>> = {
  PENDING: [],
  PAID: ['PAID'],
  DELIVERED: ['PAID', 'DELIVERED'],
  EXPIRED: ['EXPIRED'],
  CANCELLED: ['CANCELLED'],
  REFUND_PENDING: ['PAID', 'REFUND_PENDING'],
  REFUNDED: ['PAID', 'REFUND_PENDING', 'REFUNDED'],
  REFUND_FAILED: ['PAID', 'REFUND_PENDING', 'REFUND_FAILED'],
}
