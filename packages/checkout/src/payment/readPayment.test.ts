import { encodePaymentHeader } from '@key0/x402'
import { expect, test } from 'vitest'
import { openShop, parts, signFor } from '../../test/shop.ts'
import { readPayment, readPresentedPayment } from './readPayment.ts'

const shop = openShop()
const offered = await shop.checkout.offer({ planId: 'basic', clientAgentId: 'test' })
const payment = signFor(shop, shop.checkout.paymentRequired(offered, parts), '07')
const { accepted } = payment
const unnamed = { ...payment, accepted: { ...accepted, extra: { name: 'USDC', version: '2' } } }

test('a payment is the same as header text and as the object in it', () => {
  const read = readPayment(payment)
  expect(readPayment(encodePaymentHeader(payment))).toEqual(read)
  const { challengeId } = offered.challenge
  expect(read).toMatchObject({ challengeId, accepted, authorization: { value: 100000n } })
  expect(readPresentedPayment(payment)).toEqual({
    ...{ challengeId, request: {} },
    authorization: read.authorization,
  })
})

test.each([
  ['nothing', '', 'PAYMENT_MALFORMED'],
  ['another version', { x402Version: 1 }, 'PAYMENT_VERSION_UNSUPPORTED'],
  ['an empty object', {}, 'PAYMENT_MALFORMED'],
  [
    'a challenge id that is a path',
    { ...payment, accepted: { ...accepted, extra: { challengeId: '../x' } } },
    'PAYMENT_MALFORMED',
  ],
])('%s is refused', (_, bad, code) => {
  expect(() => readPayment(bad)).toThrow(expect.objectContaining({ code }))
})

test('a payment may name no challenge, but then somebody else must', () => {
  expect(readPayment(unnamed).challengeId).toBeUndefined()
  expect(readPresentedPayment(unnamed, 'http-1').challengeId).toBe('http-1')
  expect(() => readPresentedPayment(unnamed)).toThrow(
    expect.objectContaining({ code: 'PAYMENT_MALFORMED' }),
  )
})
