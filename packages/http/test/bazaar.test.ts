import { createCatalog, createEngine, type Plan, type Route } from '@key0/core'
import { parseV1PaymentRequired } from '@key0/x402'
import {
  type DiscoveryExtension,
  extractDiscoveryInfoV1,
  isValidRouteTemplate,
  validateDiscoveryExtension,
  validateDiscoveryExtensionSpec,
} from '@x402/extensions/bazaar'
import { beforeAll, describe, expect, test } from 'vitest'
import { createHttpHandler, type HttpHandler } from '../src/exports/index.ts'
import { ask, origin, readOffer } from './buy.ts'
import { openShop, seller } from './fakeEngine.ts'
import { openPaidWorld } from './paidWorld.ts'

const inputSchema = {
  type: 'object',
  properties: { city: { type: 'string', description: 'Its English name' }, days: {} },
  required: ['city'],
}
const outputSchema = { type: 'object', properties: { degrees: { type: 'number' } } }

type Extended = DiscoveryExtension & { readonly routeTemplate?: string }
type Info = {
  readonly input: Readonly<Record<string, unknown>>
  readonly output?: object
}

/** What a 402 says of the request it sells, held to the reference implementation's own judgement. */
async function readAnnounced(response: Response): Promise<{
  readonly info: Info
  readonly asked: Readonly<Record<string, unknown>>
  readonly routeTemplate: string | undefined
  readonly v1: Readonly<Record<string, unknown>> | undefined
  readonly v1Info: unknown
}> {
  expect(response.status).toBe(402)
  const body = await response.text()
  const bazaar = readOffer(response).extensions?.bazaar as Extended
  expect(validateDiscoveryExtension(bazaar)).toEqual({ valid: true })
  expect(validateDiscoveryExtensionSpec(bazaar as never)).toEqual({ valid: true })
  if (bazaar.routeTemplate !== undefined)
    expect(isValidRouteTemplate(bazaar.routeTemplate)).toBe(true)
  const [accepted] = parseV1PaymentRequired(JSON.parse(body)).accepts
  const { schema } = bazaar as { schema: { properties: { input: { properties: object } } } }
  return {
    info: bazaar.info as Info,
    asked: schema.properties.input.properties as Readonly<Record<string, unknown>>,
    routeTemplate: bazaar.routeTemplate,
    v1: accepted?.outputSchema,
    v1Info: extractDiscoveryInfoV1(accepted as never),
  }
}

describe('routes of the catalog', () => {
  const routes: readonly Route[] = [
    { ...{ method: 'GET', path: '/weather', unitAmount: '$0.01' }, inputSchema, outputSchema },
    { ...{ method: 'PUT', path: '/weather', unitAmount: '$0.01' }, inputSchema },
    { method: 'GET', path: '/photos/:id', unitAmount: '$0.01' },
    { method: 'POST', path: '/files/*', unitAmount: '$0.01' },
  ]
  let handler: HttpHandler
  beforeAll(() => {
    handler = sellRoutes(routes)
  })
  const send = (method: string, target: string): Promise<Response> =>
    handler.receive({ request: new Request(`${origin}/`, { method }), target })

  test('name what goes into their query and what comes out, in both versions', async () => {
    const { info, asked, v1, v1Info } = await readAnnounced(await send('GET', '/weather'))
    expect(info).toEqual({ input: { type: 'http', method: 'GET' }, output: { type: 'json' } })
    expect(asked.queryParams).toEqual(inputSchema)
    expect(v1).toMatchObject({ input: { queryParams: { city: { required: true } } } })
    expect(v1Info).toMatchObject({ input: { method: 'GET' }, output: { example: outputSchema } })
  })

  test('or into their body', async () => {
    const { asked, v1Info } = await readAnnounced(await send('PUT', '/weather'))
    expect(asked).toMatchObject({ body: inputSchema, bodyType: { enum: ['json'] } })
    expect(v1Info).toMatchObject({ input: { body: { days: { required: false } } } })
  })

  test('and without a schema their method, and where their path varies', async () => {
    const photo = await readAnnounced(await send('GET', '/photos/7'))
    expect(photo.routeTemplate).toBe('/photos/:id')
    expect(photo.asked.pathParams).toMatchObject({ properties: { id: {} }, required: ['id'] })
    const file = await readAnnounced(await send('POST', '/files/a/b'))
    expect(file).toMatchObject({ routeTemplate: '/files/:rest', info: { input: { body: {} } } })
  })

  test('the schemas of the 402 are those of every document', async () => {
    const read = async <shape>(path: string): Promise<shape> =>
      JSON.parse(await (await handler(new Request(origin + path))).text())
    const { asked } = await readAnnounced(await send('PUT', '/weather'))
    const bytes = JSON.stringify(asked.body)
    const { paths } = await read<Documented>('/openapi.json')
    const { put, get } = paths['/weather'] ?? {}
    expect(JSON.stringify(put?.requestBody?.content['application/json'].schema)).toBe(bytes)
    const query = Object.fromEntries(
      (get?.parameters ?? []).filter((it) => it.in === 'query').map((it) => [it.name, it.schema]),
    )
    expect(JSON.stringify(query)).toBe(JSON.stringify(inputSchema.properties))
    const { routes: found } = await read<{ routes: Route[] }>('/discover')
    expect(JSON.stringify(found[1]?.inputSchema)).toBe(bytes)
    const { items } = await read<{ items: Route[] }>('/.well-known/x402')
    expect(JSON.stringify(items[1]?.inputSchema)).toBe(bytes)
  })

  test('those that say too little for an index are named at the start', () => {
    const [warning, ...more] = handler.warnings
    expect(warning).toContain('"GET /photos/:id", "POST /files/*"')
    expect(more).toEqual([])
    const closed = { discover: false, openapi: false, wellKnown: false }
    expect(sellRoutes(routes, { discovery: closed }).warnings).toEqual([])
    const byHand = sellRoutes(routes.slice(0, 1), { exact: false }).warnings
    expect(byHand).toEqual([expect.stringMatching(/without an exact rail/)])
  })
})

describe('routes that are mounted in code', () => {
  const terms = { routeId: 'weather', unitAmount: '$0.01', inputSchema }

  test('name the method of the very request, and are told nowhere else', async () => {
    const { handler } = openPaidWorld()
    const route = handler.addRoute(terms)
    const sell = (method: string): Promise<Response> =>
      handler.sell(
        { request: new Request(`${origin}/w`, { method }) },
        { route, fetchResource: async () => new Response() },
      )
    expect((await readAnnounced(await sell('GET'))).asked.queryParams).toEqual(inputSchema)
    expect((await readAnnounced(await sell('POST'))).asked.body).toEqual(inputSchema)
    // A method that the bazaar does not know is sold like any other, and not announced.
    const other = await sell('QUERY')
    expect(readOffer(other).extensions).not.toHaveProperty('bazaar')
    const documents = await handler(new Request(`${origin}/openapi.json`))
    expect(await documents.text()).not.toContain('weather')
  })

  test('stand in every document once they say where', async () => {
    const { handler } = openPaidWorld()
    const read = async (path: string): Promise<string> =>
      (await handler(new Request(origin + path))).text()
    const paths = ['/discover', '/llms.txt', '/skills.md', '/.well-known/x402', '/openapi.json']
    for (const path of paths) expect(await read(path)).not.toContain('/weather')
    const told = handler.warnings.length
    handler.addRoute({ ...terms, method: 'GET', path: '/weather', unitAmount: '$2.00' })
    for (const path of paths) expect(await read(path)).toContain('/weather')
    expect(handler.warnings.slice(told)).toEqual([expect.stringMatching(/"weather" costs more/)])
    const again = { ...terms, routeId: 'again', method: 'GET', path: '/weather' } as const
    expect(() => handler.addRoute(again)).toThrow(/GET \/weather is there twice/)
    const wrong = { ...terms, method: 'HEAD' as 'GET', path: 'weather' }
    expect(() => handler.addRoute(wrong)).toThrow(/method must be one of.*path must be like/)
  })
})

test('a plan names the request that buys it', async () => {
  const { info, asked, v1Info } = await readAnnounced(
    await openShop().handler(ask({ planId: 'basic' })),
  )
  const bought = { method: 'POST', bodyType: 'json', body: { planId: 'basic' } }
  expect(info.input).toMatchObject(bought)
  expect(asked.body).toMatchObject({ required: ['planId'] })
  expect(v1Info).toMatchObject({ input: { method: 'POST', body: { planId: { const: 'basic' } } } })
})

test('and so does a plan whose seller wrote a schema, in the documents too', async () => {
  const own = { type: 'object', properties: { planId: { const: 'own' }, resourceId: {} } }
  const plans = [
    { planId: 'own', unitAmount: '$0.01', inputSchema: own, outputSchema },
    { planId: 'basic', unitAmount: '$0.01' },
  ]
  const handler = sellRoutes([], { plans })
  const { asked } = await readAnnounced(await handler(ask({ planId: 'own' })))
  expect(asked.body).toEqual(own)
  const document = await (await handler(new Request(`${origin}/openapi.json`))).text()
  const { paths }: Documented = JSON.parse(document)
  const { anyOf } = (paths['/x402/access']?.post?.requestBody?.content['application/json'].schema ??
    {}) as { anyOf?: object[] }
  expect(anyOf).toEqual([own, expect.objectContaining({ required: ['planId'] })])
  const found = (await (await handler(new Request(`${origin}/discover`))).json()) as {
    plans: object[]
  }
  expect(found.plans[0]).toMatchObject({ inputSchema: own, outputSchema })
})

type Documented = {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: readonly { in: string; name: string; schema: object }[]
            readonly requestBody?: { content: { 'application/json': { schema: object } } }
          }
        >
      >
    >
  >
}

function sellRoutes(
  routes: readonly Route[],
  { plans = [], ...more }: { plans?: Plan[]; exact?: boolean; discovery?: object } = {},
): HttpHandler {
  const { ctx } = openPaidWorld()
  const { chainId, payTo, token } = ctx.settings
  return createHttpHandler({
    engine: createEngine({ ...ctx, catalog: createCatalog(plans, 6, routes) }),
    seller: {
      ...{ ...seller, chainId, payTo, token: { ...seller.token, address: token } },
      ...(more.exact !== undefined && { exact: more.exact }),
    },
    ...(more.discovery && { discovery: more.discovery }),
    resources: { fetchResource: async () => new Response() },
  })
}
