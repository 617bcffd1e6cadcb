import type { SandboxWallet } from '@key0/sandbox'
import { x402Client } from '@x402/core/client'
import { ExactEvmScheme } from '@x402/evm/exact/client'
import { wrapFetchWithPayment } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> }

/** One purchase: the first try, and the same payload again as often as one likes. */
type Purchase = {
  /** The answer to the first try; undefined when the connection broke. */
  readonly first: Promise<Answer | undefined>
  /** The paid request again, byte for byte. Undefined when nobody answers or nothing was signed. */
  readonly repeat: () => Promise<Answer | undefined>
  /** Whether a payment left the buyer: then it may be taken. */
  readonly isSigned: () => boolean
  /** Repeats it until it is decided: 200, or money on its way back. */
  readonly insist: (deadlineMs?: number) => Promise<Answer>
}

/** A buyer with the public x402 client. It keeps what it received: that is what it was sold. */
export type Buyer = {
  readonly address: `0x${string}`
  readonly buy: () => Purchase
  /** Tokens received, by challenge. */
  readonly received: ReadonlyMap<string, ReadonlySet<string>>
  /** Payments signed. One purchase must never need two. */
  readonly signed: () => number
}

type BuyerOptions = {
  /** How long what it signs is valid; default: as long as it is allowed to. */
  readonly authorizationSeconds?: number | undefined
}

export function createBuyer(
  wallet: SandboxWallet,
  url: string,
  { authorizationSeconds }: BuyerOptions = {},
): Buyer {
  const exact = new ExactEvmScheme(privateKeyToAccount(wallet.privateKey))
  const client = new x402Client().register('eip155:*', {
    scheme: exact.scheme,
    findDefaultAsset: exact.findDefaultAsset,
    createPaymentPayload(version, { maxTimeoutSeconds, ...terms }, context) {
      const seconds = authorizationSeconds ?? maxTimeoutSeconds
      return exact.createPaymentPayload(version, { ...terms, maxTimeoutSeconds: seconds }, context)
    },
  })
  const received = new Map<string, Set<string>>()
  let signatures = 0
  const body = JSON.stringify({ planId: 'report' })
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body } as const

  const read = async (response: Response): Promise<Answer> => {
    const answer = (await response.json()) as Record<string, unknown>
    if (response.status === 200) {
      const { challengeId, accessToken } = answer
      const tokens = received.get(`${challengeId}`) ?? new Set()
      received.set(`${challengeId}`, tokens.add(`${accessToken}`))
    }
    return { status: response.status, body: answer }
  }
  const buy = (): Purchase => {
    let payment: string | undefined
    const recording: typeof fetch = (input, init) => {
      const request = new Request(input, init)
      const header = request.headers.get('payment-signature')
      if (header !== null && header !== payment) signatures += 1
      payment = header ?? payment
      return fetch(request)
    }
    const first = wrapFetchWithPayment(recording, client)(`${url}/x402/access`, post)
      .then(read)
      .catch(() => undefined)
    const repeat = async (): Promise<Answer | undefined> => {
      if (payment === undefined) return undefined
      const headers = { ...post.headers, 'payment-signature': payment }
      try {
        return await read(await fetch(`${url}/x402/access`, { ...post, headers }))
      } catch {
        return undefined
      }
    }
    return {
      first,
      repeat,
      isSigned: () => payment !== undefined,
      insist: (deadlineMs) => insist(repeat, deadlineMs),
    }
  }
  return { address: wallet.address, buy, received, signed: () => signatures }
}

async function insist(
  repeat: Purchase['repeat'],
  deadlineMs: number = Date.now() + 60_000,
): Promise<Answer> {
  let last: Answer | undefined
  while (Date.now() < deadlineMs) {
    last = (await repeat()) ?? last
    if (last?.status === 200 || last?.status === 410) return last
    // 503 and 502 say "later"; a closed port says it without words.
    if (last && ![502, 503].includes(last.status)) return last
    await new Promise((done) => setTimeout(done, 250))
  }
  throw new Error(`The buyer was never answered for good: ${JSON.stringify(last)}`)
}
