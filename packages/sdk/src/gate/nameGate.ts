import { createHash } from 'node:crypto'
import type { RequirePaymentOptions } from './GateOptions.ts'

/**
 * The id of a gate's one route, from its terms: the same in every instance of a gate and after each
 * restart, and another for a gate that sells something else, or elsewhere, or for another price.
 * Gates that share a store know their own offers by it.
 */
export function nameGate(options: RequirePaymentOptions): string {
  const { chain, token, amount, payTo, publicUrl, name, discovery } = options
  const { method = 'GET', path = '/*' } = typeof discovery === 'object' ? discovery : {}
  const address = publicUrl?.replace(/\/+$/, '')
  const wallet = String(payTo).toLowerCase()
  const terms = [chain, token, amount, wallet, address, name, method, path]
  const digest = createHash('sha256').update(JSON.stringify(terms)).digest('hex')
  return `gate-${digest.slice(0, 32)}`
}
