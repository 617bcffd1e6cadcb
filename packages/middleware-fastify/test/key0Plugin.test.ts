import { createHttpWorld, listen } from '@key0/conformance/http'
import { createHttpHandler } from '@key0/http'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { key0Plugin } from '../src/exports/index.ts'

function shop() {
  const { engine, seller } = createHttpWorld()
  return createHttpHandler({ engine, seller })
}

test('under a prefix, it answers there and nowhere else', async () => {
  const app = fastify()
  await app.register(key0Plugin, { key0: shop(), prefix: '/pay' })
  app.get('/payments', ({ url, raw }) => ({ url, raw: raw.url }))
  await app.ready()
  await using server = await listen(app.server)
  expect((await fetch(`${server.origin}/pay/discover`)).status).toBe(200)
  expect((await fetch(`${server.origin}/discover`)).status).toBe(404)
  const own = await fetch(`${server.origin}/payments?x=1`)
  expect(await own.json()).toEqual({ url: '/payments?x=1', raw: '/payments?x=1' })
})

test('a path that only begins like the prefix is the app’s, whatever is sold under it', async () => {
  const { engine, seller, resources } = createHttpWorld()
  const catalog = { ...engine.catalog, concerns: () => true }
  const app = fastify()
  const key0 = createHttpHandler({ engine: { ...engine, catalog }, seller, resources })
  await app.register(key0Plugin, { key0, prefix: '/pay' })
  app.get('/payments', () => ({ own: true }))
  expect(await (await app.inject('/payments')).json()).toEqual({ own: true })
})

test('a prefix that is no path does not open', async () => {
  const app = fastify()
  app.register(key0Plugin, { key0: shop(), prefix: 'pay' })
  await expect(app.ready()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('headers that hooks before it have set are sent, and hooks after an answer run', async () => {
  const app = fastify()
  const answered: number[] = []
  app.addHook('onRequest', async (_, reply) => {
    reply.header('x-frame-options', 'DENY')
  })
  app.addHook('onResponse', async (_, reply) => {
    answered.push(reply.raw.statusCode)
  })
  await app.register(key0Plugin, { key0: shop() })
  await app.ready()
  await using server = await listen(app.server)
  const { headers } = await fetch(`${server.origin}/discover`)
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('access-control-allow-origin')).toBe('*')
  expect(answered).toEqual([200])
})

test('an app whose gateway cannot start does not start', async () => {
  const app = fastify()
  app.register(key0Plugin, { key0: Promise.reject(new Error('no node answers')) })
  await expect(app.ready()).rejects.toThrow('no node answers')
})
