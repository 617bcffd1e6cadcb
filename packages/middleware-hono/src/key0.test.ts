import type { HttpHandler, Incoming } from '@key0/http'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { key0, key0App } from './key0.ts'

// What the handler itself does is proven in its own package.
const receive = async ({ request, caller = '' }: Incoming): Promise<Response> =>
  new Response((await request.text()) + caller, { status: 402 })
const handler = Object.assign((request: Request) => receive({ request }), {
  receive,
  matches: ({ url }: { url: string }) => new URL(url).pathname === '/x402/access',
}) as HttpHandler

const app = new Hono()
  .use(key0(handler))
  .get('/reports', (context) => context.text('report'))
  .post('/x402/access', (context) => context.text('shadowed'))

test('the paths of Key0 are answered by its handler, which reads the body itself', async () => {
  const response = await app.request('/x402/access', { method: 'POST', body: 'as it came' })
  expect([response.status, await response.text()]).toEqual([402, 'as it came'])
})

test('who asks is told, where Node’s server knows', async () => {
  const env = { incoming: { socket: { remoteAddress: '203.0.113.9' } } }
  const response = await app.request('/x402/access', { method: 'POST' }, env)
  expect(await response.text()).toBe('203.0.113.9')
})

test('every other path is the app’s', async () => {
  expect(await (await app.request('/reports')).text()).toBe('report')
  expect((await app.request('/x402/access/')).status).toBe(404)
})

test('as an app of its own it answers its paths, alone or mounted', async () => {
  const alone = key0App(handler)
  await alone.ready()
  const mounted = new Hono().route('/', alone).get('/reports', (context) => context.text('report'))
  for (const each of [alone, mounted])
    expect((await each.request('/x402/access', { method: 'POST' })).status).toBe(402)
  expect((await alone.request('/reports')).status).toBe(404)
  expect((await mounted.request('/reports')).status).toBe(200)
  await alone.close()
})

test('a gateway that cannot start says so', async () => {
  await expect(key0App(Promise.reject(new Error('no node answers'))).ready()).rejects.toThrow(
    'node',
  )
})
