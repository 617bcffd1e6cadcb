import { Hono } from 'hono'
import { Pool } from 'undici'
import { serveMeasured } from '../serveMeasured.ts'

/*
 * The cheapest reverse proxy we know how to write in Hono: the same connections as ours, all headers
 * passed on but those of the connection, short bodies in one piece.
 */

const { upstream } = JSON.parse(process.argv[2] ?? '{}') as { readonly upstream: string }
const pool = new Pool(upstream, { pipelining: 1 })
const dropped = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding'])

const app = new Hono().get('/photos/:id', async (c) => {
  const headers: string[] = []
  for (const [name, value] of c.req.raw.headers) if (!dropped.has(name)) headers.push(name, value)
  const path = `/photos/${c.req.param('id')}`
  const answer = await pool.request({ method: 'GET', path, headers })
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(answer.headers))
    if (!dropped.has(name) && value !== undefined) kept.push([name, `${value}`])
  return new Response(await answer.body.bytes(), { status: answer.statusCode, headers: kept })
})

serveMeasured(app.fetch, () => pool.close())
