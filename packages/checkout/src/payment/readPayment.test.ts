import { encodePaymentHeader, encodeV1PaymentHeader, type V1PaymentPayload } from '@key0/x402'
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
  ['a third version', { ...payment, x402Version: 3 }, 'PAYMENT_VERSION_UNSUPPORTED'],
  ['half a version 1', { x402Version: 1, network: 'base-sepolia' }, 'PAYMENT_MALFORMED'],
  ['an empty object', {}, 'PAYMENT_MALFORMED'],
  [
    'a challenge id that is a path',
    { ...payment, accepted: { ...accepted, extra: { challengeId: '../x' } } },
    'PAYMENT_MALFORMED',
  ],
])('%s is refused', (_, bad, code) => {
  expect(() => readPayment(bad)).toThrow(expect.objectContaining({ code }))
})

test('version 1 says less, and what it says is read in the words of version 2', () => {
  const { payload } = payment
  const v1: V1PaymentPayload = { x402Version: 1, scheme: 'exact', network: 'base', payload }
  const read = readPayment(v1)
  expect(read).toEqual({
    challengeId: undefined,
    accepted: { scheme: 'exact', network: 'eip155:8453' },
    authorization: readPayment(payment).authorization,
  })
  const header = encodeV1PaymentHeader(v1)
  expect(readPayment(header)).toEqual(read)
  expect(readPayment(header, { x402Version: 1 })).toEqual(read)
})

test.each([1, 2] as const)('a header says which version it carries: not %s', (x402Version) => {
  const { payload } = payment
  const v1 = encodeV1PaymentHeader({ x402Version: 1, scheme: 'exact', network: 'base', payload })
  const other = x402Version === 1 ? encodePaymentHeader(payment) : v1
  expect(() => readPayment(other, { x402Version })).toThrow(
    expect.objectContaining({ code: 'PAYMENT_VERSION_UNSUPPORTED' }),
  )
})

test('a payment may name no challenge, but then somebody else must', () => {
  expect(readPayment(unnamed).challengeId).toBeUndefined()
  expect(readPresentedPayment(unnamed, 'http-1').challengeId).toBe('http-1')
  expect(() => readPresentedPayment(unnamed)).toThrow(
    expect.objectContaining({ code: 'PAYMENT_MALFORMED' }),
  )
})
