import { expect, test } from 'vitest'
import { toConfig } from './config.ts'
import { readEnv } from './env.ts'

test('KEY0_PAYMENT_IDENTIFIER makes buyers name their purchases', () => {
  const configOf = (text: string): ReturnType<typeof toConfig> =>
    toConfig(
      readEnv({
        KEY0_WALLET_ADDRESS: `0x${'a1'.repeat(20)}`,
        KEY0_ACCESS_TOKEN_SECRET: 'a-secret-that-is-long-enough-for-hs256',
        KEY0_PAYMENT_IDENTIFIER: text,
      }),
    )
  expect(configOf('required').paymentIdentifier).toBe('required')
  expect(() => configOf('off')).toThrow(/KEY0_PAYMENT_IDENTIFIER.*optional.*required/)
})
