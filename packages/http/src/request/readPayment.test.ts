import { expect, test } from 'vitest'
import { draftFor } from '../../test/buy.ts'
import { openShop } from '../../test/fakeEngine.ts'
import { toHeader } from '../testing/Draft.ts'
import { readPresentedPayment } from './readPayment.ts'

test('a payment is the same as header text and as the object in it', async () => {
  const { payment } = await draftFor(openShop())
  const read = readPresentedPayment(payment as object)
  expect(readPresentedPayment(toHeader(payment))).toEqual(read)
  expect(read).toMatchObject({ authorization: { value: 100000n, validAfter: 0n }, request: {} })
  expect(read.challengeId).toMatch(/^http-/)
})

test.each([
  ['nothing', '', 'PAYMENT_MALFORMED'],
  ['another version', { x402Version: 1 }, 'PAYMENT_VERSION_UNSUPPORTED'],
  ['an empty object', {}, 'PAYMENT_MALFORMED'],
])('%s is refused', (_, payment, code) => {
  expect(() => readPresentedPayment(payment)).toThrow(expect.objectContaining({ code }))
})

test('a payment that names no challenge is refused', async () => {
  const { payment } = await draftFor(openShop())
  const { accepted } = payment as { accepted: object }
  const unnamed = { ...(payment as object), accepted: { ...accepted, extra: {} } }
  expect(() => readPresentedPayment(unnamed)).toThrow(
    expect.objectContaining({ code: 'PAYMENT_MALFORMED' }),
  )
})
