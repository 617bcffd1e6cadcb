import { fakeAccounts } from '@key0/core/testing'
import { expect, test } from 'vitest'
import { readPayment } from '../src/exports/index.ts'
import { openShop, parts, type Shop, signFor } from './shop.ts'

const request = { planId: 'basic', clientAgentId: 'test' }

async function ask(shop: Shop, asked: object = {}) {
  const offered = await shop.checkout.offer({ ...request, ...asked })
  return { offered, message: shop.checkout.paymentRequired(offered, parts) }
}

test('an offer is the same as data, as text and as what a payment is compared with', async () => {
  const shop = openShop()
  const { offered, message } = await ask(shop)
  expect(message).toMatchObject({ x402Version: 2, error: 'Pay, please.' })
  expect(message.resource).toEqual({
    ...{ url: parts.url, description: 'Daily reports', mimeType: 'application/json' },
  })
  expect(JSON.parse(shop.checkout.paymentRequiredText(offered, parts))).toEqual(message)
  const required = shop.checkout.requirementsOf(offered.challenge)
  expect(message.accepts).toEqual([required])
  const { challengeId, ...extra } = { ...required.extra }
  const quoted = shop.checkout.quote(shop.engine.catalog.find('basic'))
  expect(quoted).toEqual({ ...required, extra })
  expect(challengeId).toBe(offered.challenge.challengeId)
})

test('a payment is sold once, and the same payment gets the same again', async () => {
  const shop = openShop()
  const { message } = await ask(shop)
  const payment = readPayment(signFor(shop, message, '07'))
  const first = await shop.checkout.pay(payment, request)
  const again = await shop.checkout.pay(payment, request)
  expect(first).toMatchObject({ kind: 'sold', settlement: { success: true, amount: '100000' } })
  expect(again).toMatchObject({ kind: 'sold', delivered: { replayed: true } })
  expect(shop.ledger.transfers()).toHaveLength(1)
})

test('a payment that was not spent is refused with the offer to sign again', async () => {
  const shop = openShop()
  const { offered, message } = await ask(shop)
  const [accepts] = message.accepts
  const misread = { ...message, accepts: [{ ...accepts!, amount: '1' }] }
  const payment = readPayment(signFor(shop, misread, '07'))
  const refused = await shop.checkout.pay(payment, request)
  expect(refused).toMatchObject({
    ...{ kind: 'refused', problem: { code: 'PAYMENT_VALUE_MISMATCH', retry: 'sign' } },
    ...{ offered: { mayKnowId: true }, settlement: { success: false, transaction: '' } },
  })
  if (refused.kind !== 'refused' || !refused.offered) throw new Error('no offer')
  expect(refused.offered.challenge.challengeId).toBe(offered.challenge.challengeId)
  expect(shop.ledger.transfers()).toEqual([])
})

test('a payment whose fate is unknown is never answered with an offer', async () => {
  const shop = openShop()
  const { message } = await ask(shop)
  shop.settler.mood = 'withhold'
  const refused = await shop.checkout.pay(readPayment(signFor(shop, message, '07')), request)
  expect(refused).toMatchObject({
    ...{ kind: 'refused', problem: { code: 'SETTLEMENT_PENDING' } },
    settlement: { success: false, errorReason: 'settlement_pending' },
  })
  expect(refused).not.toHaveProperty('offered')
})

test('a stranger with the challenge but another wallet is asked for nothing', async () => {
  const shop = openShop()
  const { message } = await ask(shop)
  await shop.checkout.pay(readPayment(signFor(shop, message, '07')), request)
  const theirs = readPayment(signFor(shop, message, '08', fakeAccounts.stranger))
  const refused = await shop.checkout.pay(theirs, request)
  expect(refused).toMatchObject({ kind: 'refused', problem: { code: 'REQUEST_CONFLICT' } })
  expect(refused).not.toHaveProperty('offered')
})

test('a failure before anything is known shows no offer, whatever it was', async () => {
  const { checkout } = openShop()
  const refused = checkout.refuse(new TypeError('secret'))
  expect(refused.problem).toMatchObject({ code: 'INTERNAL', facts: {} })
  expect(refused).not.toHaveProperty('offered')
  await expect(checkout.offer({ clientAgentId: 'test' })).rejects.toMatchObject({
    code: 'PLAN_REQUIRED',
  })
})

test('a price that public clients refuse by default is told at the start, with what to do', () => {
  const { warnings } = openShop().checkout
  expect(warnings).toEqual([
    expect.stringMatching(/^Plan "plus" costs more than 0.10 USDC.*Sell/),
    expect.stringMatching(/^Route "print" costs more than 0.10 USDC/),
  ])
})

test('every mistake in the options is named at once', () => {
  const { seller } = openShop().checkout
  const options = { seller: { ...seller, name: ' ', payTo: '0x1' as const }, maxTimeoutSeconds: 1 }
  expect(() => openShop(options)).toThrow(/name must not.*payTo must be.*from 30 to 900/)
})
