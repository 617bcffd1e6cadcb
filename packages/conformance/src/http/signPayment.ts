import type { Address } from '@key0/core'
import { signAuthorization } from '@key0/core/testing'
import type { Json, SentPayment } from './Exchange.ts'
import { accounts } from './HttpWorld.ts'
import { fill, type Kept, recall } from './kept.ts'

type Offer = {
  readonly resource: Json
  readonly accepts: readonly {
    readonly asset: Address
    readonly payTo: Address
    readonly amount: string
    readonly maxTimeoutSeconds: number
  }[]
}

/** Signs what an offer asks for, as a buyer's software does, and writes the payment header. */
export function signPayment(
  payment: SentPayment,
  kept: Kept,
  nowMs: number,
): readonly [name: string, value: string] {
  const { resource, accepts } = recall(payment.for, kept) as Offer
  const [accepted] = accepts
  if (!accepted) throw new Error(`"${payment.for}" offers no way to pay`)
  const { signature, ...message } = signAuthorization(accepted.asset, {
    from: accounts[payment.by ?? 'buyer'],
    to: accepted.payTo,
    value: BigInt(accepted.amount),
    validAfter: 0n,
    validBefore: BigInt(Math.floor(nowMs / 1000) + accepted.maxTimeoutSeconds),
    nonce: `0x${(payment.nonce ?? '07').repeat(32)}`,
  })
  const { value, validAfter, validBefore } = message
  const numbers = {
    value: `${value}`,
    validAfter: `${validAfter}`,
    validBefore: `${validBefore}`,
  }
  const payload = { signature, authorization: { ...message, ...numbers } }
  const signed = { x402Version: 2, resource, accepted, payload }
  const sent = Object.entries(payment.change ?? {}).reduce<unknown>(
    (changed, [path, each]) => place(changed, path.split('.'), fill(each, kept)),
    signed,
  )
  const text = Buffer.from(JSON.stringify(sent)).toString(payment.encoding ?? 'base64')
  return [payment.header ?? 'PAYMENT-SIGNATURE', text]
}

function place(value: unknown, [key, ...rest]: readonly string[], leaf: unknown): unknown {
  if (key === undefined) return leaf
  const object = value as Readonly<Record<string, unknown>>
  return { ...object, [key]: place(object[key], rest, leaf) }
}
