import { expect, test } from 'vitest'
import { toConfig } from './config.ts'
import { type Env, readEnv } from './env.ts'

const configOf = (env: Env): ReturnType<typeof toConfig> =>
  toConfig(
    readEnv({
      KEY0_WALLET_ADDRESS: `0x${'a1'.repeat(20)}`,
      KEY0_ACCESS_TOKEN_SECRET: 'a-secret-that-is-long-enough-for-hs256',
      ...env,
    }),
  )

test('so many offers may wait to be paid', () => {
  expect(configOf({}).maxOpenChallenges).toEqual({ total: 50_000 })
  expect(configOf({})).not.toHaveProperty('callerHeader')
  const env = { KEY0_MAX_OPEN_CHALLENGES: '200', KEY0_MAX_OPEN_PER_CALLER: '20' }
  const { maxOpenChallenges, callerHeader } = configOf({ ...env, KEY0_CALLER_HEADER: 'X-Real-IP' })
  expect(maxOpenChallenges).toEqual({ total: 200, perCaller: 20 })
  expect(callerHeader).toBe('x-real-ip')
})

test.each<Env>([
  { KEY0_MAX_OPEN_CHALLENGES: '0' },
  { KEY0_MAX_OPEN_PER_CALLER: '-1' },
  { KEY0_CALLER_HEADER: 'x forwarded' },
])('%j is refused', (env) => {
  expect(() => configOf(env)).toThrow(`${Object.keys(env)[0]}`)
})
