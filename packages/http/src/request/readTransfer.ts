import { isChallengeId, malformed } from '@key0/checkout'
import { type Hash, type Hex, Key0Error, type PresentedTransfer } from '@key0/core'
import { parseJson, WireError } from '@key0/x402'

/** Carries `{ challengeId, txHash, payerSignature? }` as base64 JSON: paid first, by hand. */
export const proofHeader = 'PAYMENT-PROOF'

const MAX_PROOF_BYTES = 10_240

/** Reads what is said of a transfer that the buyer made itself. @throws REQUEST_MALFORMED */
export function readTransfer(given: Readonly<Record<string, unknown>>): PresentedTransfer {
  const { challengeId, txHash, payerSignature } = given
  if (!isChallengeId(challengeId)) throw malformed('$.challengeId', 'the id of a challenge')
  if (!isHex(txHash, 32, 32)) throw malformed('$.txHash', '0x and 64 hex digits')
  if (payerSignature === undefined || payerSignature === null) return { challengeId, txHash }
  if (!isHex(payerSignature, 1, 4096)) {
    throw malformed('$.payerSignature', 'a signature, 0x and whole bytes in hex, at most 4096')
  }
  return { challengeId, txHash, payerSignature }
}

/** The same from a header. @throws PAYMENT_MALFORMED when it is no base64 JSON; as `readTransfer` */
export function readProofHeader(header: string): PresentedTransfer {
  return readTransfer(parseProof(header))
}

function parseProof(header: string): Readonly<Record<string, unknown>> {
  const expected = `base64 JSON in one ${proofHeader} header`
  const wrong = new Key0Error('PAYMENT_MALFORMED', { facts: { field: '$', expected } })
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(header)) throw wrong
  try {
    const value = parseJson(Buffer.from(header, 'base64'), { maxBytes: MAX_PROOF_BYTES })
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>
  } catch (error) {
    if (!WireError.is(error)) throw error
  }
  throw wrong
}

function isHex(value: unknown, minBytes: number, maxBytes: number): value is Hash | Hex {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]*$/.test(value)) return false
  const digits = value.length - 2
  return digits % 2 === 0 && digits >= 2 * minBytes && digits <= 2 * maxBytes
}
