import { fakeAccounts } from '@key0/core/testing'
import { describe, expect, test } from 'vitest'
import {
  type CheckoutOptions,
  type Payment,
  type Refused,
  readPayment,
  type Sold,
} from '../src/exports/index.ts'
import { openShop, parts, type Shop, signFor } from './shop.ts'

const request = { planId: 'basic', clientAgentId: 'x402-http' }
const secret = 'pay_7d5d747be1604280904c099d984bcfe0'
const guessable = 'order_0000000000017'

type Signing = {
  readonly id?: unknown
  readonly planId?: string
  readonly from?: typeof fakeAccounts.buyer
}

/** Asks anew, signs, and names the purchase, as a client with the extension does on every try. */
async function sign(shop: Shop, nonce: string, { id, planId, from }: Signing): Promise<Payment> {
  const offered = await shop.checkout.offer({ ...request, ...(planId && { planId }) })
  const message = shop.checkout.paymentRequired(offered, parts)
  const announced = message.extensions?.['payment-identifier'] as { readonly info: object }
  const info = { ...announced.info, ...(id !== undefined && { id }) }
  const extensions = { 'payment-identifier': { ...announced, info }, unknown: { info: 1 } }
  return readPayment({ ...signFor(shop, message, nonce, from), extensions })
}

const seen = (sale: Sold | Refused): string =>
  sale.kind === 'sold' ? sale.delivered.grant.accessToken : sale.problem.code

const pay = async (shop: Shop, payment: Payment, planId = 'basic'): Promise<string> =>
  seen(await shop.checkout.pay(payment, { ...request, planId }))

describe('a buyer that names its purchase', () => {
  test('and signs a new offer under that name gets the same, charged once', async () => {
    const shop = openShop()
    const first = await pay(shop, await sign(shop, '41', { id: guessable }))
    const second = await pay(shop, await sign(shop, '42', { id: guessable }))
    expect(first).toMatch(/token/)
    expect(second).toBe(first)
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('signs twice at once and is charged once', async () => {
    const shop = openShop()
    const payments = [
      await sign(shop, '43', { id: secret }),
      await sign(shop, '44', { id: secret }),
    ]
    const sales = await Promise.all(payments.map((each) => shop.checkout.pay(each, request)))
    expect(sales.some(({ kind }) => kind === 'sold')).toBe(true)
    for (const sale of sales) expect(sale).not.toHaveProperty('offered')
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('by a random id gets the same again for the same payment, without signing', async () => {
    const shop = openShop()
    const payment = await sign(shop, '45', { id: secret })
    expect(await pay(shop, payment)).toBe(await pay(shop, payment))
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('whose payment failed may try again under the same name', async () => {
    const shop = openShop()
    const from = fakeAccounts.gasWallet
    expect(await pay(shop, await sign(shop, '46', { id: secret, from }))).toBe('FUNDS_INSUFFICIENT')
    shop.ledger.fund(from, 100_000n)
    expect(await pay(shop, await sign(shop, '47', { id: secret, from }))).toMatch(/token/)
  })
})

describe('a name that is taken', () => {
  test('opens nothing by itself: not to another payer, nor for other goods, nor to a copy', async () => {
    const shop = openShop()
    const paid = await sign(shop, '51', { id: guessable })
    expect(await pay(shop, paid)).toMatch(/token/)
    const from = fakeAccounts.stranger
    expect(await pay(shop, await sign(shop, '52', { id: guessable, from }))).toBe(
      'REQUEST_CONFLICT',
    )
    const other = await sign(shop, '53', { id: guessable, planId: 'plus' })
    expect(await pay(shop, other, 'plus')).toBe('REQUEST_CONFLICT')
    // What was mined is public, and so is a name that counts: both together prove nothing.
    const copied = { ...paid, challengeId: (await sign(shop, '54', {})).challengeId }
    expect(await pay(shop, copied)).toBe('PAYER_PROOF_REQUIRED')
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('by a thief who was first leaves it with nothing that the buyer pays for', async () => {
    const shop = openShop()
    const thief = await sign(shop, '55', { id: guessable, from: fakeAccounts.gasWallet })
    const refused = await shop.checkout.pay(thief, request)
    if (refused.kind !== 'refused' || !refused.offered) throw new Error('it had the funds')
    const { challengeId } = refused.offered.challenge
    const paid = await sign(shop, '56', { id: guessable })
    expect(await pay(shop, paid)).toMatch(/token/)
    expect(await pay(shop, { ...paid, challengeId })).toBe('PAYER_PROOF_REQUIRED')
  })
})

describe('an id', () => {
  test.each([['short'], ['x'.repeat(129)], ['with spaces and so on'], [17], [{}]])(
    'that is none is refused: %j',
    async (id) => {
      await expect(sign(openShop(), '61', { id })).rejects.toMatchObject({
        code: 'PAYMENT_MALFORMED',
        facts: { field: '$.extensions.payment-identifier.info.id' },
      })
    },
  )

  test.each([[{}], [null], ['text'], [{ info: null }], [{ info: { required: true } }]])(
    'may be missing from what is echoed: %j',
    async (extension) => {
      const shop = openShop()
      const offered = await shop.checkout.offer(request)
      const signed = signFor(shop, shop.checkout.paymentRequired(offered, parts), '62')
      const extensions = { 'payment-identifier': extension }
      expect(await pay(shop, readPayment({ ...signed, extensions }))).toMatch(/token/)
    },
  )

  test('is asked for where the seller insists, and a request’s own id will do', async () => {
    const options: Partial<CheckoutOptions> = { paymentIdentifier: 'required' }
    const shop = openShop(options)
    const offered = await shop.checkout.offer(request)
    expect(shop.checkout.paymentRequired(offered, parts).extensions).toMatchObject({
      'payment-identifier': { info: { required: true } },
    })
    const nameless = await sign(shop, '63', {})
    expect(await pay(shop, nameless)).toBe('PAYMENT_MALFORMED')
    expect(shop.ledger.transfers()).toEqual([])
    const { requestId } = offered.challenge
    const { challengeId } = offered.challenge
    const sale = await shop.checkout.pay({ ...nameless, challengeId }, { ...request, requestId })
    expect(sale.kind).toBe('sold')
    expect(await pay(shop, await sign(shop, '64', { id: secret }))).toMatch(/token/)
  })
})
