import type { Address, SignedAuthorization } from '@key0/core'
import { createTestContext, fakeAccounts, signAuthorization } from '@key0/core/testing'
import type { Authorization, PaymentPayload, PaymentRequired } from '@key0/x402'
import {
  type Checkout,
  type CheckoutOptions,
  createCheckout,
  type OfferParts,
} from '../src/exports/index.ts'

export type Shop = ReturnType<typeof createTestContext> & { readonly checkout: Checkout }

/** A checkout over the real engine and a stand-in chain. */
export function openShop(options: Partial<CheckoutOptions> = {}): Shop {
  const world = createTestContext()
  const { chainId, payTo, token } = world.ctx.settings
  const seller = {
    name: 'Rücklage',
    description: 'Daily reports',
    publicUrl: 'https://pay.example/',
    chainId,
    payTo,
    token: { address: token, symbol: 'USDC', decimals: 6, name: 'USDC', version: '2' },
  }
  return { ...world, checkout: createCheckout({ engine: world.engine, seller, ...options }) }
}

export const parts: OfferParts = { url: 'https://pay.example/x402/access', error: 'Pay, please.' }

/** What a client makes of an offer, signed for real as far as the stand-in chain is real. */
export function signFor(
  shop: Shop,
  { accepts: [accepted] }: PaymentRequired,
  nonce: string,
  from: Address = fakeAccounts.buyer,
): PaymentPayload {
  if (!accepted) throw new Error('no offer')
  const seconds = BigInt(Math.floor(shop.ctx.clock.nowMs() / 1000))
  const { signature, ...message } = signAuthorization(accepted.asset, {
    from,
    to: accepted.payTo,
    value: BigInt(accepted.amount),
    validAfter: 0n,
    validBefore: seconds + BigInt(accepted.maxTimeoutSeconds),
    nonce: `0x${nonce.repeat(32)}`,
  })
  return { x402Version: 2, accepted, payload: { signature, authorization: write(message) } }
}

function write(message: Omit<SignedAuthorization, 'signature'>): Authorization {
  const { from, to, value, validAfter, validBefore, nonce } = message
  const numbers = {
    value: `${value}`,
    validAfter: `${validAfter}`,
    validBefore: `${validBefore}`,
  }
  return { from, to, nonce, ...numbers }
}
