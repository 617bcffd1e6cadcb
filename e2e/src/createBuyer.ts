import type { Hash, Hex } from '@key0/core'
import type { SignedTransferAuthorization } from '@key0/sandbox'
import { x402Client } from '@x402/core/client'
import { registerExactEvmScheme } from '@x402/evm/exact/client'
import { decodePaymentResponseHeader, wrapFetchWithPayment } from '@x402/fetch'
import { privateKeyToAccount } from 'viem/accounts'
import type { Reply } from './Exchanges.ts'
import { newWallet, type ShopSeen, type Wallet } from './startShop.ts'

/** What a 402 offers. */
type Offer = {
  readonly challengeId: string
  readonly requestId: string
  readonly accepted: Accepted
  readonly required: Readonly<Record<string, unknown>>
}
type Accepted = Readonly<Record<string, unknown>> & {
  readonly amount: string
  readonly payTo: Hex
  readonly extra: Readonly<Record<string, unknown>>
}

type SignOptions = {
  readonly nonce?: Hash
  readonly value?: bigint
  readonly to?: Hex
  readonly validBefore?: bigint
}

type Signature = {
  readonly signed: SignedTransferAuthorization
  /** The `PAYMENT-SIGNATURE` header. */
  readonly header: string
}

/** Somebody with a wallet, who speaks x402 by hand or by the public client. */
export type Buyer = Wallet & {
  readonly ask: (body?: Readonly<Record<string, unknown>>) => Promise<Reply>
  readonly offered: (body?: Readonly<Record<string, unknown>>) => Promise<Offer>
  readonly sign: (offer: Offer, options?: SignOptions) => Promise<Signature>
  readonly pay: (header: string, body?: Readonly<Record<string, unknown>>) => Promise<Reply>
  /** Asks, signs and pays. */
  readonly buy: (
    body?: Readonly<Record<string, unknown>>,
  ) => Promise<{ readonly offer: Offer; readonly payment: Signature; readonly reply: Reply }>
  readonly prove: (challengeId: string, txHash: Hash, payerSignature?: Hex) => Promise<Reply>
  readonly signText: (message: string) => Promise<Hex>
  /** Buys by `@x402/fetch` as it is published. */
  readonly buyWithPublicClient: (planId: string) => Promise<{
    readonly response: Response
    readonly settled: ReturnType<typeof decodePaymentResponseHeader> | undefined
    readonly header: string
  }>
}

const basic = { planId: 'basic' } as const

export async function createBuyer(shop: ShopSeen, wallet?: Wallet): Promise<Buyer> {
  const { sandbox, exchanges } = shop
  const own = wallet ?? (await newWallet(sandbox, { eth: 10n ** 17n, usdc: 10_000_000n }))
  const account = privateKeyToAccount(own.privateKey)
  const ask: Buyer['ask'] = (body = basic) => exchanges.post('/x402/access', body)
  const offered: Buyer['offered'] = async (body) => readOffer(await ask(body))
  const pay: Buyer['pay'] = (header, body = basic) => exchanges.post('/x402/access', body, header)
  const sign: Buyer['sign'] = async (offer, options = {}) => {
    const signed = await sandbox.signTransferAuthorization({
      privateKey: own.privateKey,
      to: offer.accepted.payTo,
      value: BigInt(offer.accepted.amount),
      validBefore: await inFourMinutes(shop),
      ...options,
    })
    return { signed, header: toPayment(offer.accepted, signed) }
  }
  return {
    ...own,
    ask,
    offered,
    sign,
    pay,
    buy: async (body) => {
      const offer = await offered(body)
      const payment = await sign(offer)
      return { offer, payment, reply: await pay(payment.header, body) }
    },
    prove: (challengeId, txHash, payerSignature) =>
      exchanges.post('/x402/proof', { challengeId, txHash, payerSignature }),
    signText: (message) => account.signMessage({ message }),
    buyWithPublicClient: async (planId) => {
      const client = new x402Client()
      registerExactEvmScheme(client, { signer: account })
      const paying = wrapFetchWithPayment(exchanges.fetch, client)
      const response = await paying(`${shop.url}/x402/access`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ planId }),
      })
      const receipt = response.headers.get('payment-response')
      return {
        response,
        settled: receipt ? decodePaymentResponseHeader(receipt) : undefined,
        header: exchanges.replies.at(-1)?.paidWith ?? '',
      }
    },
  }
}

/** The offer of a 402. Throws when the reply is none. */
export function readOffer(reply: Reply): Offer {
  const text = reply.headers.get('payment-required')
  if (reply.status !== 402 || text === null) throw new Error(`no offer: ${reply.text}`)
  const required = decode(text)
  const [accepted] = required.accepts as readonly Accepted[]
  if (!accepted) throw new Error('the offer accepts nothing')
  const { challengeId, requestId } = reply.json as { challengeId: string; requestId: string }
  return { challengeId, requestId, accepted, required }
}

/** A payment header as any client makes it from what it accepted and what it signed. */
export function toPayment(
  accepted: Readonly<Record<string, unknown>>,
  {
    authorization: it,
    signature,
  }: Pick<SignedTransferAuthorization, 'authorization' | 'signature'>,
): string {
  const authorization = {
    ...it,
    value: `${it.value}`,
    validAfter: `${it.validAfter}`,
    validBefore: `${it.validBefore}`,
  }
  return encode({ x402Version: 2, accepted, payload: { signature, authorization } })
}

export function decode(header: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as Record<string, unknown>
}

export function encode(message: unknown): string {
  return Buffer.from(JSON.stringify(message)).toString('base64')
}

async function inFourMinutes({ sandbox, clock }: ShopSeen): Promise<bigint> {
  const chain = await sandbox.timestamp()
  const wall = BigInt(Math.floor(clock.nowMs() / 1000))
  return (chain > wall ? chain : wall) + 240n
}
