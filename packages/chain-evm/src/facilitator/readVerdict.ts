import type { Head, Verification } from '@key0/core'
import type { Reply } from './Facilitator.ts'

/** What a facilitator's answer to `/verify` is worth. */
export type Verdict =
  | { readonly kind: 'decides'; readonly verification: Verification }
  /** Its own view of what the chain has just tried: somebody else may see it as the chain does. */
  | { readonly kind: 'doubts'; readonly verification: Verification }
  /** It did not say: it is away, or failed inside. */
  | { readonly kind: 'none' }

/**
 * Reasons about which the chain is the better witness, for it has just tried this very transfer,
 * and reasons of a facilitator that cannot do what another one can. Any other refusal stands, such
 * as that of a list of addresses: the seller chose who screens. Names as in the reference
 * implementation of x402 and in the API of Coinbase.
 */
const refutable: ReadonlySet<string> = new Set([
  'insufficient_funds',
  'invalid_network',
  'invalid_payload',
  'invalid_payment_requirements',
  'invalid_scheme',
  'invalid_transaction_state',
  'invalid_x402_version',
  'unsupported_payload_type',
  'unsupported_scheme',
  'invalid_exact_evm_authorization_value',
  'invalid_exact_evm_eip3009_not_supported',
  'invalid_exact_evm_failed_to_parse_signature',
  'invalid_exact_evm_insufficient_balance',
  'invalid_exact_evm_missing_eip712_domain',
  'invalid_exact_evm_network_mismatch',
  'invalid_exact_evm_payload_authorization_typed_data_message',
  'invalid_exact_evm_payload_authorization_valid_after',
  'invalid_exact_evm_payload_authorization_valid_before',
  'invalid_exact_evm_payload_authorization_value',
  'invalid_exact_evm_payload_authorization_value_mismatch',
  'invalid_exact_evm_payload_authorization_value_too_low',
  'invalid_exact_evm_payload_recipient_mismatch',
  'invalid_exact_evm_payload_signature',
  'invalid_exact_evm_recipient_mismatch',
  'invalid_exact_evm_scheme',
  'invalid_exact_evm_signature',
  'invalid_exact_evm_token_name_mismatch',
  'invalid_exact_evm_token_version_mismatch',
  'invalid_exact_evm_transaction_simulation_failed',
])

export function readVerdict(reply: Reply, head: Head): Verdict {
  if (reply.kind === 'none' || typeof reply.body.isValid !== 'boolean') return { kind: 'none' }
  if (reply.body.isValid) return { kind: 'decides', verification: { kind: 'valid', head } }
  const reason = toReason(reply.body.invalidReason)
  if (isNonceUsed(reason)) return { kind: 'decides', verification: { kind: 'used', head } }
  if (isOwnFault(reply.status, reason)) return { kind: 'none' }
  const facts = { reason }
  const verification = { kind: 'invalid', code: 'FACILITATOR_REFUSED', facts } as const
  return { kind: refutable.has(reason) ? 'doubts' : 'decides', verification }
}

/** It speaks of itself, and not of the payment. */
export function isOwnFault(status: number, reason: string): boolean {
  return status >= 500 || reason.startsWith('unexpected_')
}

/** An open set of words chosen by somebody else: short, and of plain characters. */
export function toReason(value: unknown): string {
  if (typeof value !== 'string' || value === '') return 'no reason given'
  return value.replace(/[^\w .:-]/g, ' ').slice(0, 100)
}

function isNonceUsed(reason: string): boolean {
  return /nonce.*used|authorization.*used/i.test(reason)
}
