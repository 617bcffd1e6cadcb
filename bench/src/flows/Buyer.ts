import type { SandboxControl, SandboxWallet } from '@key0/sandbox'

/** A wallet that buys: asks for the price, signs, pays, and waits for the grant. */
export type Buyer = {
  readonly buy: () => Promise<Purchase>
}

export type Purchase = {
  /** `granted`, or the status and code of the refusal. */
  readonly outcome: string
  /** From the first request to the grant, in milliseconds. */
  readonly tookMs: number
  /** Milliseconds of that from the paid request on. */
  readonly paidMs: number
  /** When the first request went out and when the grant came, on `performance.now()`. */
  readonly startedAtMs: number
  readonly endedAtMs: number
}

type Offer = {
  readonly accepts: readonly [Readonly<Record<string, unknown>>]
  readonly resource: object
}

/** Buys the plan "basic" of the gateway at `url`. */
export function createBuyer(
  url: string,
  sandbox: Pick<SandboxControl, 'signTransferAuthorization'>,
  wallet: SandboxWallet,
): Buyer {
  const body = '{"planId":"basic"}'
  const post = async (headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    await fetch(`${url}/x402/access`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  return {
    async buy() {
      const startedAtMs = performance.now()
      const asked = await post()
      const offer = decode(asked.headers.get('payment-required')) as Offer
      await asked.arrayBuffer()
      const payment = encode(await sign(offer, sandbox, wallet))
      const paidAtMs = performance.now()
      const answer = await post({ 'payment-signature': payment })
      const told = (await answer.json()) as { readonly code?: string }
      const endedAtMs = performance.now()
      return {
        outcome: answer.status === 200 ? 'granted' : `${answer.status} ${told.code}`,
        tookMs: endedAtMs - startedAtMs,
        paidMs: endedAtMs - paidAtMs,
        startedAtMs,
        endedAtMs,
      }
    },
  }
}

async function sign(
  { accepts: [accepted], resource }: Offer,
  sandbox: Pick<SandboxControl, 'signTransferAuthorization'>,
  { privateKey }: SandboxWallet,
): Promise<object> {
  const { authorization, signature } = await sandbox.signTransferAuthorization({
    privateKey,
    to: accepted.payTo as `0x${string}`,
    value: BigInt(accepted.amount as string),
    validBefore: BigInt(Math.floor(Date.now() / 1000) + 240),
  })
  const { value, validAfter, validBefore } = authorization
  const texts = { value: `${value}`, validAfter: `${validAfter}`, validBefore: `${validBefore}` }
  return {
    x402Version: 2,
    resource,
    accepted,
    payload: { signature, authorization: { ...authorization, ...texts } },
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64')

function decode(header: string | null): unknown {
  return JSON.parse(Buffer.from(header ?? '', 'base64').toString('utf8'))
}
