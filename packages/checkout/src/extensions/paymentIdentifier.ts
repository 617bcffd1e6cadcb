import { Key0Error } from '@key0/core'
import type { Extensions } from './Extensions.ts'

const KEY = 'payment-identifier'
const idShape = /^[A-Za-z0-9_-]{16,128}$/

/** Whether buyers must name their purchases. */
export type PaymentIdentifier = 'optional' | 'required'

/** Says in an offer that payments may, or must, carry an id of their buyer's. */
export function announceIdentifier(asked: PaymentIdentifier): Extensions {
  const id = { type: 'string', minLength: 16, maxLength: 128, pattern: '^[A-Za-z0-9_-]+$' }
  const properties = { required: { type: 'boolean' }, id }
  const schema = { type: 'object', properties, required: ['required'] }
  return { [KEY]: { info: { required: asked === 'required' }, schema } }
}

/**
 * The id that a buyer gave its purchase. An extension that is echoed without one says nothing.
 *
 * @throws PAYMENT_MALFORMED for an id that is none.
 */
export function identifierOf(extensions: Extensions | undefined): string | undefined {
  const id = readInfo(extensions)?.id
  if (id === undefined || id === null) return undefined
  if (typeof id === 'string' && idShape.test(id)) return id
  throw missing('16 to 128 of A-Z a-z 0-9 _ -')
}

/** A payment that must be named and is not. */
export function identifierRequired(): Key0Error {
  return missing('an id of your own for this purchase, or a requestId beside the payment')
}

function missing(expected: string): Key0Error {
  const facts = { field: `$.extensions.${KEY}.info.id`, expected }
  return new Key0Error('PAYMENT_MALFORMED', { facts })
}

function readInfo(extensions: Extensions | undefined): { readonly id?: unknown } | undefined {
  if (extensions === undefined || !Object.hasOwn(extensions, KEY)) return undefined
  const extension = extensions[KEY]
  if (typeof extension !== 'object' || extension === null || !('info' in extension))
    return undefined
  const { info } = extension
  return typeof info === 'object' && info !== null ? info : undefined
}
