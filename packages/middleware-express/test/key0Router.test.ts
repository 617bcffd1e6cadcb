import { createServer } from 'node:http'
import { createHttpWorld, listen } from '@key0/conformance/http'
import { createHttpHandler } from '@key0/http'
import express from 'express'
import { expect, test } from 'vitest'
import { key0Router } from '../src/exports/index.ts'

function shop() {
  const { engine, seller } = createHttpWorld()
  return createHttpHandler({ engine, seller })
}

test('mounted under a path, it answers there and nowhere else', async () => {
  const app = express().use('/pay', key0Router(shop()))
  await using server = await listen(createServer(app))
  expect((await fetch(`${server.origin}/pay/discover`)).status).toBe(200)
  expect((await fetch(`${server.origin}/discover`)).status).toBe(404)
})

test('requests wait for a gateway that is still starting', async () => {
  const starting = Promise.withResolvers<ReturnType<typeof shop>>()
  const router = key0Router(starting.promise)
  await using server = await listen(createServer(express().use(router)))
  const asked = fetch(`${server.origin}/discover`)
  starting.resolve(shop())
  await router.ready()
  expect((await asked).status).toBe(200)
  await router.close()
})

test('a gateway that cannot start says so, and answers nothing', async () => {
  const router = key0Router(Promise.reject(new Error('no node answers')))
  await expect(router.ready()).rejects.toThrow('no node answers')
  const app = express().use(router)
  app.use(((error: Error, _request, response, _next) => {
    response.status(500).end(error.message)
  }) satisfies express.ErrorRequestHandler)
  await using server = await listen(createServer(app))
  const response = await fetch(`${server.origin}/discover`)
  expect([response.status, await response.text()]).toEqual([500, 'no node answers'])
})

test('headers that the app set before stay beside those of the answer', async () => {
  const app = express()
    .use((_, response, next) => {
      response.set('x-frame-options', 'DENY')
      next()
    })
    .use(key0Router(shop()))
  await using server = await listen(createServer(app))
  const { headers } = await fetch(`${server.origin}/discover`)
  expect(headers.get('x-frame-options')).toBe('DENY')
  expect(headers.get('access-control-allow-origin')).toBe('*')
})

test('a route that cannot be sold is noticed when the shop opens', async () => {
  const router = key0Router(shop())
  router.payPerRequest({ routeId: 'photo', unitAmount: '$0.00' })
  await expect(router.ready()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  const other = key0Router(shop())
  other.payPerRequest('no-such-route')
  await expect(other.ready()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})
