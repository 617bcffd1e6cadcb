import { expect, test } from 'vitest'
import { errorReasons, isNonceAlreadyUsed, isSettlementPending } from './ErrorReason.ts'

test('only the exact reason means pending', () => {
  expect(isSettlementPending({ errorReason: 'settlement_pending' })).toBe(true)
  for (const errorReason of [...errorReasons, 'SETTLEMENT_PENDING', '', null, undefined]) {
    expect(isSettlementPending({ errorReason })).toBe(false)
  }
})

test('a used nonce is told apart from every listed reason', () => {
  expect(isNonceAlreadyUsed({ errorReason: 'invalid_exact_evm_nonce_already_used' })).toBe(true)
  for (const errorReason of errorReasons) expect(isNonceAlreadyUsed({ errorReason })).toBe(false)
})
