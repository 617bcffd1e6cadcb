import type { ChallengeRecord, ReceiptPayload, ReceiptSigner, SignedReceipt } from '@key0/core'
import { toNetwork } from '@key0/x402'
import type { Extensions } from './Extensions.ts'

const KEY = 'offer-receipt'
/** A signer elsewhere may hang; who paid is answered all the same. */
const SIGNING_MS = 2_000
/** The longest address, written out, with which a settlement surely fits its header of 8 KiB. */
const MAX_ADDRESS_BYTES = 4_096

/** Receipts for what was delivered (extension `offer-receipt`). */
export type ReceiptOptions = {
  readonly signer: ReceiptSigner
  /** Told when an answer had to go out without its receipt. What it throws is dropped. */
  readonly onError?: (cause: unknown, challengeId: string) => void
}

/** The receipt of a delivered purchase, the same every time; `undefined` when there is none. */
export type ReceiptOf = (challenge: ChallengeRecord) => Promise<SignedReceipt | undefined>

/** A signer that fails costs the receipt and nothing else: what was paid for is handed out. */
export function createReceipts(options: ReceiptOptions | undefined, baseUrl: string): ReceiptOf {
  if (options === undefined) return async () => undefined
  const { signer, onError } = options
  return async (challenge) => {
    const payload = payloadOf(challenge, baseUrl)
    if (payload === undefined) return undefined
    try {
      return await withinTime(signer.sign(payload))
    } catch (cause) {
      quietly(() => onError?.(cause, challenge.challengeId))
      return undefined
    }
  }
}

/** What a settlement says besides. */
export function extensionsWith(receipt: SignedReceipt): Extensions {
  const fields = { format: { type: 'string' }, signature: { type: 'string' } }
  const properties = {
    receipt: { type: 'object', properties: fields, required: ['format', 'signature'] },
  }
  return { [KEY]: { info: { receipt }, schema: { type: 'object', properties } } }
}

/** From the record and nothing else: whoever asks again, wherever, is told the same. */
function payloadOf(challenge: ChallengeRecord, baseUrl: string): ReceiptPayload | undefined {
  const { state, chainId, resource, fromAddress, deliveredAt, txHash } = challenge
  if (state !== 'DELIVERED' || !fromAddress || !deliveredAt || !txHash) return undefined
  const query = resource?.query && `?${resource.query}`
  const resourceUrl = `${baseUrl}${resource ? `${resource.path}${query}` : '/x402/access'}`
  // A client may write what it wants behind its question mark, also where no URL limits it.
  if (new TextEncoder().encode(JSON.stringify(resourceUrl)).length > MAX_ADDRESS_BYTES)
    return undefined
  return {
    version: 1,
    network: toNetwork(chainId),
    resourceUrl,
    payer: fromAddress,
    issuedAt: Math.floor(deliveredAt.getTime() / 1000),
    transaction: txHash,
  }
}

async function withinTime<result>(work: Promise<result>): Promise<result> {
  const timeout = AbortSignal.timeout(SIGNING_MS)
  const overdue = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(timeout.reason), { once: true })
  })
  return Promise.race([work, overdue])
}

function quietly(tell: () => void): void {
  try {
    tell()
  } catch {
    // Nobody is left to be told.
  }
}
