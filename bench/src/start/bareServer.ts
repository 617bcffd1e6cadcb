import { serve } from '@hono/node-server'
import { Hono } from 'hono'

/** The least that can be started with the same server underneath. */
const app = new Hono().get('/health', (c) => c.json({ ok: true }))
const server = serve({ fetch: app.fetch, port: Number(process.env.PORT), hostname: '127.0.0.1' })
process.once('SIGTERM', () => server.close())
