import { expect, test } from 'vitest'
import { toConfig } from '../src/config.ts'
import { readEnv } from '../src/env.ts'

test.each([
  ['notifications', { KEY0_WEBHOOK_SECRET: 'whsec_x' }],
  ['revocations', { REVOKE_TOKEN_API: 'https://shop.example/revoke' }],
])('with %s that may be late the command sees records for as long as the gateway', (_, env) => {
  expect(toConfig(readEnv({})).storage).not.toHaveProperty('deliveredTTLSeconds')
  expect(toConfig(readEnv(env)).storage).toMatchObject({ deliveredTTLSeconds: 345_600 })
})
