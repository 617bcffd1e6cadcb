import { Hono } from 'hono'
import { proxy } from 'hono/proxy'
import { serveMeasured } from '../serveMeasured.ts'

/*
 * What a seller would write who only wanted to pass requests on: Hono with its own proxy helper.
 */

const { upstream } = JSON.parse(process.argv[2] ?? '{}') as { readonly upstream: string }

serveMeasured(
  new Hono().get('/photos/:id', (c) =>
    proxy(`${upstream}/photos/${c.req.param('id')}`, { raw: c.req.raw }),
  ).fetch,
)
