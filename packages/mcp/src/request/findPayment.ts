import { type Payment, readPayment } from '@key0/checkout'
import { Key0Error } from '@key0/core'
import { headerNames } from '@key0/x402'
import type { Call } from '../tools/Tool.ts'

/**
 * Where clients put a payment: `x402/payment` is x402's own place for an object, and Cloudflare's
 * for the text of a header; `x402.payment` is the place of version 1; mcpc sends a header besides.
 */
const keys = ['x402/payment', 'x402.payment'] as const
const headers = [headerNames.paymentSignature, headerNames.v1Payment] as const

type Found = { readonly field: string; readonly value: unknown }

/** Whether a call claims to carry a payment, readable or not. */
export function hasPayment(call: Call): boolean {
  return listPayments(call).length > 0
}

/**
 * Reads the payment of a call.
 *
 * @throws PAYMENT_VERSION_UNSUPPORTED; HEADER_TOO_LARGE; PAYMENT_MALFORMED, also for two payments
 * that are not the same one: a proxy in front of us may have looked at the other.
 */
export function findPayment(call: Call): Payment {
  const [first, ...others] = listPayments(call).map(read)
  if (first === undefined) throw new Key0Error('PAYMENT_REQUIRED')
  const text = toText(first)
  if (others.every((other) => toText(other) === text)) return first
  const facts = { expected: 'one payment, or the same one wherever it stands' }
  throw new Key0Error('PAYMENT_MALFORMED', { facts })
}

/** Every payment that a call carries, as it stands there. */
export function listPayments({ meta, headers: sent }: Call): readonly Found[] {
  const told = keys
    .filter((key) => Object.hasOwn(meta, key))
    .map((key) => ({ field: `$._meta['${key}']`, value: meta[key] }))
  const carried = headers
    .filter((name) => sent.has(name))
    .map((name) => ({ field: name, value: sent.get(name) }))
  return [...told, ...carried].filter(({ value }) => value !== undefined && value !== null)
}

function read({ field, value }: Found): Payment {
  if (typeof value === 'string' || (typeof value === 'object' && value !== null))
    return readPayment(value)
  const facts = { field, expected: 'an x402 payment: an object, or the text of its header' }
  throw new Key0Error('PAYMENT_MALFORMED', { facts })
}

function toText(payment: Payment): string {
  return JSON.stringify(payment, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
}
