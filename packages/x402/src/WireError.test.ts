import { expect, test } from 'vitest'
import { WireError, wireErrorCodes } from './WireError.ts'

test('an error says what, where and what would have been right', () => {
  const error = new WireError('FIELD_INVALID', '$.accepted.amount', 'a decimal integer string')
  expect(error.message).toBe(
    'A field is missing or malformed. At $.accepted.amount: expected a decimal integer string.',
  )
})

test('is: recognises a copy from another installation, and nothing else', () => {
  const foreign = Object.assign(new Error('x'), { name: 'WireError', code: 'HEADER_EMPTY' })
  expect(WireError.is(foreign)).toBe(true)
  expect(WireError.is(foreign, 'HEADER_EMPTY')).toBe(true)
  expect(WireError.is(foreign, 'JSON_BOM')).toBe(false)
  for (const value of [new Error('x'), { name: 'WireError', code: 'JSON_BOM' }, null, 'x']) {
    expect(WireError.is(value)).toBe(false)
  }
})

test('every code has its own sentence', () => {
  const sentences = Object.values(wireErrorCodes)
  expect(new Set(sentences).size).toBe(sentences.length)
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/)
})
