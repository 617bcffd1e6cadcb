import { AccessTokenIssuer } from '@key0/token'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { validateAccessToken } from './validateAccessToken.ts'

const secret = '3f1c5b7a9d2e4860b1c3d5e7f90a2b4c6d8e0f1a3b5c7d9e1f2a4b6c8d0e2f4a'
const claims = {
  sub: 'request-0123456789',
  jti: 'http-0123456789',
  resourceId: 'reports',
  planId: 'basic',
  txHash: `0x${'ab'.repeat(32)}`,
}
const { token } = await new AccessTokenIssuer(secret).sign(claims)

let served = 0
const app = new Hono()
  .use('/reports/*', validateAccessToken({ secret, planIds: ['basic'] }))
  .use('/gold/*', validateAccessToken({ secret, planIds: ['gold'] }))
  .get('/*', (context) => {
    served += 1
    return context.json(context.get('key0Token') ?? null)
  })

const get = async (path: string, authorization?: string): Promise<Response> =>
  app.request(path, { headers: { ...(authorization && { authorization }) } })

test('a token opens what it bought, and its claims are at hand', async () => {
  const response = await get('/reports/1', `Bearer ${token}`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject(claims)
})

test.each([
  ['no token', '/reports/1', undefined, 401, 'AUTHORIZATION_MISSING', 'Bearer'],
  ['another scheme', '/reports/1', 'Basic abc', 401, 'AUTHORIZATION_MALFORMED', 'invalid_token'],
  ['a spoiled token', '/reports/1', `Bearer ${token}x`, 401, undefined, 'invalid_token'],
  ['two tokens', '/reports/1', `Bearer ${token}, Bearer ${token}`, 401, undefined, 'invalid_token'],
  ['another plan', '/gold/1', `Bearer ${token}`, 403, 'TOKEN_PLAN_WRONG', 'insufficient_scope'],
])('%s gets in nowhere', async (_, path, authorization, status, code, challenge) => {
  const before = served
  const response = await get(path, authorization)
  const body = (await response.json()) as { code: string }
  expect(response.status).toBe(status)
  if (code) expect(body.code).toBe(code)
  expect(response.headers.get('www-authenticate')).toContain(challenge)
  expect(response.headers.get('www-authenticate')).not.toContain(token)
  expect(served).toBe(before)
})

test('a token in the address is not looked at', async () => {
  expect((await get(`/reports/1?access_token=${token}`)).status).toBe(401)
})

test('a secret too short fails when the app is made', () => {
  expect(() => validateAccessToken({ secret: 'short' })).toThrow(
    expect.objectContaining({ code: 'SECRET_TOO_SHORT' }),
  )
})

test('a clock that stopped is our own mistake, and says nothing to the caller', async () => {
  const broken = new Hono().use(validateAccessToken({ secret, nowMs: () => Number.NaN }))
  const response = await broken.request('/', { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(500)
  expect(await response.json()).toEqual({ status: 500, code: 'CLOCK_INVALID' })
})
