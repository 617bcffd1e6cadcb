import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { createHttpWorld } from '@key0/conformance/http'
import { createHttpHandler, type HttpHandler } from '@key0/http'
import { key0Router } from '@key0/middleware-express'
import { key0Plugin } from '@key0/middleware-fastify'
import { key0 } from '@key0/middleware-hono'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import type { Hello } from '../MeasuredServer.ts'

/*
 * An app with one route, with and without a price on it. Behind the price stands a real engine over
 * the memory store and a chain in memory, so what is measured is the middleware and the engine.
 */

export type ShopSettings = {
  readonly framework: 'express' | 'fastify' | 'hono'
  readonly isPriced: boolean
}

const { framework, isPriced } = JSON.parse(process.argv[2] ?? '{}') as ShopSettings
const route = { routeId: 'report', unitAmount: '$0.10' }
const report = { title: 'A report', lines: Array.from({ length: 20 }, (_, at) => `line ${at}`) }

const builders = {
  async express(handler: HttpHandler): Promise<Server> {
    const app = express()
    const shop = key0Router(handler)
    if (isPriced) app.use(shop).get('/report', shop.payPerRequest(route))
    app.get('/report', (_, response) => void response.json(report))
    return createServer(app)
  },
  async fastify(handler: HttpHandler): Promise<Server> {
    const app = fastify()
    if (isPriced) await app.register(key0Plugin, { key0: handler })
    const hooks = isPriced ? { onRequest: app.key0.payPerRequest(route) } : {}
    app.get('/report', hooks, async () => report)
    await app.ready()
    return app.server
  },
  async hono(handler: HttpHandler): Promise<Server> {
    const app = new Hono()
    const shop = key0(handler)
    if (isPriced) app.use(shop).get('/report', shop.payPerRequest(route))
    app.get('/report', (c) => c.json(report))
    return createAdaptorServer({ fetch: app.fetch }) as Server
  },
} satisfies Record<ShopSettings['framework'], (handler: HttpHandler) => Promise<Server>>

const { engine, seller } = createHttpWorld()
const server = await builders[framework](createHttpHandler({ engine, seller }))
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ url: `http://127.0.0.1:${port}` } satisfies Hello)
})
process.on('message', () => process.exit())
process.once('disconnect', () => process.exit())
