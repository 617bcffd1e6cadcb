import type { Sandbox } from '@key0/sandbox'

type Offer = {
  readonly accepts: readonly [
    { readonly amount: string; readonly payTo: `0x${string}`; readonly extra: object },
  ]
}

export type SignedPayment = {
  /** The `PAYMENT-SIGNATURE` header. */
  readonly header: string
  readonly signature: `0x${string}`
  readonly nonce: `0x${string}`
}

/** Signs what a 402 asks for, by hand. */
export async function signPayment(chain: Sandbox, asked: Response): Promise<SignedPayment> {
  const offer = JSON.parse(atob(`${asked.headers.get('payment-required')}`)) as Offer
  const [accepted] = offer.accepts
  const { authorization, signature } = await chain.signTransferAuthorization({
    privateKey: chain.wallets.buyer.privateKey,
    to: accepted.payTo,
    value: BigInt(accepted.amount),
  })
  const texts = Object.entries(authorization).map(([name, value]) => [name, `${value}`])
  const payload = { signature, authorization: Object.fromEntries(texts) }
  const header = btoa(JSON.stringify({ x402Version: 2, accepted, payload }))
  return { header, signature, nonce: authorization.nonce }
}
