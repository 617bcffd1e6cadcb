import { readBody } from '@key0/checkout'
import { writeSale } from '../answer/writeSale.ts'
import type { Context } from '../Context.ts'
import { readTransfer } from '../request/readTransfer.ts'

/**
 * `POST /x402/proof` with `{ challengeId, txHash, payerSignature? }`: for buyers that made the
 * transfer themselves.
 */
export async function answerProof(request: Request, url: URL, context: Context): Promise<Response> {
  const { settings, checkout } = context
  const transfer = readTransfer(await readBody(request, settings.limits.maxBodyBytes))
  return writeSale(await checkout.submitProof(transfer), { url, dialect: 'v2' }, context)
}
