import { fakeAccounts } from '@key0/core/testing'
import type { PaymentPayload, V1PaymentPayload } from '@key0/x402'
import { describe, expect, test } from 'vitest'
import { type Payment, type Refused, readPayment, type Sold } from '../src/exports/index.ts'
import { requestIdOf } from '../src/payment/requestIdOf.ts'
import { openShop, parts, type Shop, signFor } from './shop.ts'

const request = { planId: 'basic', clientAgentId: 'x402-http' }

/** Asks for the price and signs it, as a client of version 1 does: its payment names nothing. */
async function buy(shop: Shop, nonce: string, from = fakeAccounts.buyer): Promise<Payment> {
  const offered = await shop.checkout.offer(request)
  return readPayment(
    asV1(signFor(shop, shop.checkout.paymentRequired(offered, parts), nonce, from)),
  )
}

function asV1({ payload }: PaymentPayload): V1PaymentPayload {
  return { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload }
}

/** What the caller saw: the grant's token, or the code of the refusal. */
const seen = (sale: Sold | Refused): string =>
  sale.kind === 'sold' ? sale.delivered.grant.accessToken : sale.problem.code

const idOf = ({ authorization }: Payment, shop: Shop): string =>
  requestIdOf(authorization, shop.ctx.settings.chainId)

describe('the buyer of a payment that names nothing', () => {
  test('is served, and a second purchase is a second purchase', async () => {
    const shop = openShop()
    const [first, second] = [await buy(shop, '11'), await buy(shop, '12')]
    const sales = [
      await shop.checkout.pay(first, request),
      await shop.checkout.pay(second, request),
    ]
    expect(new Set(sales.map(seen)).size).toBe(2)
    expect(sales.map(({ kind }) => kind)).toEqual(['sold', 'sold'])
    expect(shop.ledger.transfers()).toHaveLength(2)
  })

  test('that sends it twenty times at once pays once, and is never asked to sign again', async () => {
    const shop = openShop()
    const payment = await buy(shop, '13')
    const sales = await Promise.all(
      Array.from({ length: 20 }, () => shop.checkout.pay(payment, request)),
    )
    const sold = sales.filter(({ kind }) => kind === 'sold')
    expect(new Set(sold.map(seen)).size).toBe(1)
    for (const sale of sales) expect(sale).not.toHaveProperty('offered')
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('that had no funds is shown the offer, and the same payment buys once it has', async () => {
    const shop = openShop()
    const payment = await buy(shop, '14', fakeAccounts.gasWallet)
    const refused = await shop.checkout.pay(payment, request)
    expect(refused).toMatchObject({ problem: { code: 'FUNDS_INSUFFICIENT' }, offered: {} })
    shop.ledger.fund(fakeAccounts.gasWallet, 100_000n)
    expect((await shop.checkout.pay(payment, request)).kind).toBe('sold')
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('that lost the answer is told the way, goes it, and is not charged again', async () => {
    const shop = openShop()
    const payment = await buy(shop, '15')
    const lost = await shop.checkout.pay(payment, request)
    const again = await shop.checkout.pay(payment, request)
    if (again.kind !== 'refused') throw new Error('a mined payment opened what it bought')
    expect(again.problem).toMatchObject({ code: 'PAYER_PROOF_REQUIRED' })
    const { requestId } = again.problem.facts
    const named = { ...request, ...(requestId !== undefined && { requestId }) }
    const offered = await shop.checkout.offer(named)
    expect(offered.mayKnowId).toBe(false)
    const anew = asV1(signFor(shop, shop.checkout.paymentRequired(offered, parts), '16'))
    expect(seen(await shop.checkout.pay(readPayment(anew), named))).toBe(seen(lost))
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('whose settlement hangs is told to wait, and never to sign', async () => {
    const shop = openShop()
    shop.settler.next.push('withhold')
    const payment = await buy(shop, '17')
    for (const sale of [
      await shop.checkout.pay(payment, request),
      await shop.checkout.pay(payment, request),
    ]) {
      expect(seen(sale)).toBe('SETTLEMENT_PENDING')
      expect(sale).not.toHaveProperty('offered')
    }
  })

  test('that speaks version 2 but drops the id is sold to as well, if the rest is right', async () => {
    const shop = openShop()
    const offered = await shop.checkout.offer(request)
    const signed = signFor(shop, shop.checkout.paymentRequired(offered, parts), '18')
    const { challengeId: _, ...extra } = { ...signed.accepted.extra }
    const pay = (accepted: object): Promise<Sold | Refused> =>
      shop.checkout.pay(readPayment({ ...signed, accepted }), request)
    const misread = await pay({ ...signed.accepted, extra: { ...extra, version: '1' } })
    expect(seen(misread)).toBe('PAYMENT_OFFER_MISMATCH')
    expect((await pay({ ...signed.accepted, extra })).kind).toBe('sold')
  })
})

describe('a thief with the mined payment of somebody else', () => {
  async function robbed(): Promise<{ shop: Shop; payment: Payment; token: string }> {
    const shop = openShop()
    const payment = await buy(shop, '21')
    const sale = await shop.checkout.pay(payment, request)
    return { shop, payment, token: seen(sale) }
  }

  test('gets nothing by sending it, whatever it says besides', async () => {
    const { shop, payment } = await robbed()
    const own = await shop.checkout.offer(request)
    const { challengeId } = own.challenge
    const secret = '3f0e4b62-9a41-4c1d-8f57-6b1f2f9f7c11'
    const tries: readonly (readonly [Payment, object])[] = [
      [payment, {}],
      [payment, { planId: 'plus' }],
      [payment, { resourceId: 'other' }],
      [payment, { requestId: idOf(payment, shop) }],
      [payment, { requestId: secret }],
      [{ ...payment, challengeId }, {}],
    ]
    const answers: string[] = []
    for (const [copied, asked] of tries)
      answers.push(seen(await shop.checkout.pay(copied, { ...request, ...asked })))
    expect(answers).toEqual([
      'PAYER_PROOF_REQUIRED',
      'REQUEST_CONFLICT',
      'REQUEST_CONFLICT',
      'PAYER_PROOF_REQUIRED',
      'PAYMENT_SPENT',
      'PAYMENT_SPENT',
    ])
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('is not told the challenge, and its own signature opens nothing', async () => {
    const { shop, payment } = await robbed()
    const named = { ...request, requestId: idOf(payment, shop) }
    const offered = await shop.checkout.offer(named)
    const message = shop.checkout.paymentRequired(offered, parts)
    expect(JSON.stringify(message)).not.toContain(offered.challenge.challengeId)
    const theirs = readPayment(asV1(signFor(shop, message, '22', fakeAccounts.stranger)))
    expect(seen(await shop.checkout.pay(theirs, named))).toBe('REQUEST_CONFLICT')
    expect(shop.ledger.transfers()).toHaveLength(1)
  })

  test('gets nothing even if it foresaw the payment and asked for its challenge first', async () => {
    const shop = openShop()
    const payment = await buy(shop, '23')
    const foreseen = await shop.checkout.offer({ ...request, requestId: idOf(payment, shop) })
    expect((await shop.checkout.pay(payment, request)).kind).toBe('sold')
    const { challengeId } = foreseen.challenge
    const theft = await shop.checkout.pay({ ...payment, challengeId }, request)
    expect(seen(theft)).toBe('PAYER_PROOF_REQUIRED')
  })

  test('that had it mined before the gateway saw it is asked for its payer’s signature', async () => {
    const shop = openShop()
    const payment = await buy(shop, '24')
    const { authorization } = payment
    const call = { kind: 'authorized', authorization } as const
    shop.ledger.broadcast(shop.ledger.prepare([call], 'thief').hash)
    const sale = await shop.checkout.pay(payment, request)
    expect(sale).toMatchObject({
      problem: { code: 'PAYER_PROOF_REQUIRED', facts: { message: {} } },
    })
    expect(sale).not.toHaveProperty('offered')
    const second = await shop.checkout.pay(payment, request)
    expect(second).toMatchObject({ problem: { code: 'PAYER_PROOF_REQUIRED' } })
    expect(JSON.stringify(second)).not.toContain('http-')
    expect(shop.ledger.transfers()).toHaveLength(1)
  })
})

test('the id made of a payment is one that requests may have, the longest too', () => {
  const { from, nonce } = { from: fakeAccounts.buyer, nonce: `0x${'AB'.repeat(32)}` as const }
  const longest = requestIdOf({ from, nonce }, Number.MAX_SAFE_INTEGER)
  expect(longest).toMatch(/^[a-z0-9_-]{16,128}$/)
})
