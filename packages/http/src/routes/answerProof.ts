import { isChallengeId, malformed, readBody } from '@key0/checkout'
import type { Hash, Hex, PresentedTransfer } from '@key0/core'
import { writeSale } from '../answer/writeSale.ts'
import type { Context } from '../Context.ts'

/**
 * `POST /x402/proof` with `{ challengeId, txHash, payerSignature? }`: for buyers that made the
 * transfer themselves.
 */
export async function answerProof(request: Request, url: URL, context: Context): Promise<Response> {
  const { settings, checkout } = context
  const transfer = await readTransfer(request, settings.limits.maxBodyBytes)
  return writeSale(await checkout.submitProof(transfer), { url, dialect: 'v2' }, context)
}

async function readTransfer(request: Request, maxBytes: number): Promise<PresentedTransfer> {
  const body = await readBody(request, maxBytes)
  const { challengeId, txHash, payerSignature } = body
  if (!isChallengeId(challengeId)) throw malformed('$.challengeId', 'the id of a challenge')
  if (!isHex(txHash, 32, 32)) throw malformed('$.txHash', '0x and 64 hex digits')
  if (payerSignature === undefined || payerSignature === null) return { challengeId, txHash }
  if (!isHex(payerSignature, 1, 4096)) {
    throw malformed('$.payerSignature', 'a signature, 0x and whole bytes in hex, at most 4096')
  }
  return { challengeId, txHash, payerSignature }
}

function isHex(value: unknown, minBytes: number, maxBytes: number): value is Hash | Hex {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]*$/.test(value)) return false
  const digits = value.length - 2
  return digits % 2 === 0 && digits >= 2 * minBytes && digits <= 2 * maxBytes
}
