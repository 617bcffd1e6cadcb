import { createCatalog, type Route } from '@key0/core'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { createHttpHandler } from '../src/exports/index.ts'
import { origin, readOffer } from './buy.ts'
import { createFakeEngine, openShop, seller } from './fakeEngine.ts'
import { openPaidWorld } from './paidWorld.ts'

const photo = { type: 'object', required: ['size'], properties: { size: { type: 'string' } } }
const routes: readonly Route[] = [
  {
    ...{ routeId: 'photo', method: 'GET', path: '/photos/:id', unitAmount: '$0.01' },
    ...{ description: 'One *photo*', mimeType: 'image/jpeg', inputSchema: photo },
  },
  {
    routeId: 'change',
    method: 'PUT',
    path: '/photos/:name',
    unitAmount: '$0.02',
    inputSchema: photo,
  },
  { routeId: 'files', method: 'GET', path: '/files/*' },
]

function openWith(plans: Parameters<typeof createCatalog>[0]): ReturnType<typeof openShop> {
  const engine = { ...createFakeEngine(), catalog: createCatalog(plans, 6, routes) }
  return openShop({ engine })
}

const read = async (shop: ReturnType<typeof openShop>, path: string): Promise<string> =>
  (await shop.handler(new Request(origin + path))).text()

test('single requests are in every document, with their prices', async () => {
  const shop = openWith([{ planId: 'basic', unitAmount: '$0.10' }])
  const found = JSON.parse(await read(shop, '/discover'))
  expect(found.routes).toMatchObject([
    { routeId: 'photo', url: 'https://pay.example/photos/:id', amount: '10000' },
    { routeId: 'change', amount: '20000' },
    { routeId: 'files' },
  ])
  expect(found.routes[2]).not.toHaveProperty('amount')
  const wellKnown = JSON.parse(await read(shop, '/.well-known/x402'))
  expect(wellKnown.resources).toEqual([
    'https://pay.example/x402/access',
    'https://pay.example/photos/:id',
    'https://pay.example/photos/:name',
  ])
  expect(
    wellKnown.items.map((item: { accepts: [{ amount: string }] }) => item.accepts[0].amount),
  ).toEqual(['100000', '10000', '20000'])
  for (const path of ['/llms.txt', '/skills.md']) {
    const text = await read(shop, path)
    expect(text).toContain('- `GET https://pay.example/photos/:id`, 0.01 USDC: One \\*photo\\*')
    expect(text).toContain('- `PUT https://pay.example/photos/:name`, 0.02 USDC')
    expect(text).toContain('- `GET https://pay.example/files/*`, free')
  }
})

test('each is an operation of a valid OpenAPI document', async () => {
  const shop = openWith([{ planId: 'basic', unitAmount: '$0.10' }])
  const document = JSON.parse(await read(shop, '/openapi.json'))
  const { valid, errors } = await new Validator().validate(document)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
  const { get, put } = document.paths['/photos/{id}']
  expect(get).toMatchObject({
    operationId: 'route_photo',
    'x-payment-info': { price: { mode: 'fixed', amount: '0.01' } },
    parameters: [
      { name: 'id', in: 'path', required: true },
      { name: 'size', in: 'query', required: true },
      { name: 'Idempotency-Key', in: 'header', required: false },
    ],
  })
  expect(Object.keys(get.responses['200'].content)).toEqual(['image/jpeg'])
  // The same path to OpenAPI, whatever its parameter is called.
  expect(put).toMatchObject({
    operationId: 'route_change',
    parameters: [{ name: 'id', in: 'path' }, { name: 'Idempotency-Key' }],
    requestBody: { content: { 'application/json': { schema: photo } } },
  })
  const free = document.paths['/files/{rest}'].get
  expect(free.responses).not.toHaveProperty('402')
  expect(free).not.toHaveProperty('x-payment-info')
})

test('each document says by which headers a request is paid for and named', async () => {
  const shop = openWith([{ planId: 'basic', unitAmount: '$0.10' }])
  expect(JSON.parse(await read(shop, '/discover')).headers).toEqual({
    payment: 'PAYMENT-SIGNATURE',
    paymentV1: 'X-PAYMENT',
    proof: 'PAYMENT-PROOF',
    idempotencyKey: 'Idempotency-Key',
  })
  for (const path of ['/llms.txt', '/skills.md']) {
    const text = await read(shop, path)
    expect(text).toContain('Version 1 (`X-PAYMENT`) is taken at the same addresses')
    expect(text).toContain('`Idempotency-Key`')
  }
  const { paths, components } = JSON.parse(await read(shop, '/openapi.json'))
  const { get } = paths['/photos/{id}']
  expect(get.security).toEqual([{}, { x402: [] }, { x402V1: [] }, { x402Proof: [] }])
  expect(components.securitySchemes).toMatchObject({
    x402: { in: 'header', name: 'PAYMENT-SIGNATURE' },
    x402V1: { in: 'header', name: 'X-PAYMENT' },
    x402Proof: { in: 'header', name: 'PAYMENT-PROOF' },
  })
  expect(Object.keys(get.responses['200'].headers)).toEqual([
    'PAYMENT-RESPONSE',
    'X-PAYMENT-RESPONSE',
  ])
  // A free request needs no name, and a plan's purchase has one in its body.
  const others = [paths['/files/{rest}'].get, paths['/x402/access'].post]
  expect(JSON.stringify(others)).not.toContain('Idempotency-Key')
})

test('who takes transfers alone says how one is presented, and asks for no signature', async () => {
  const { engine } = openPaidWorld()
  const { chainId, payTo, token } = openPaidWorld().ctx.settings
  const byHand = { ...seller, exact: false, chainId, payTo }
  const handler = createHttpHandler({
    engine,
    seller: { ...byHand, token: { ...seller.token, address: token } },
  })
  const shop = { ...openWith([]), handler }
  expect(JSON.parse(await read(shop, '/discover'))).toMatchObject({
    scheme: 'onchain-proof',
    headers: { proof: 'PAYMENT-PROOF', idempotencyKey: 'Idempotency-Key' },
  })
  const skills = await read(shop, '/skills.md')
  expect(skills).toContain('`PAYMENT-PROOF`')
  for (const text of [skills, await read(shop, '/llms.txt'), await read(shop, '/openapi.json')])
    expect(text).not.toMatch(/X-PAYMENT\b|scheme `exact`/)
  for (const text of [skills, await read(shop, '/openapi.json')])
    expect(text).not.toContain('PAYMENT-SIGNATURE')
})

test('who sells no single request asks for no key of one', async () => {
  const shop = openShop()
  for (const path of ['/llms.txt', '/skills.md', '/discover', '/openapi.json'])
    expect(await read(shop, path)).not.toContain('Idempotency-Key')
})

test('who sells nothing but single requests names no plan and no place to buy one', async () => {
  const shop = openWith([])
  const paths = ['/discover', '/llms.txt', '/skills.md', '/.well-known/x402', '/openapi.json']
  for (const path of paths) expect(await read(shop, path), path).not.toContain('/x402/access')
})

test('the documents ask what the 402 of a route asks', async () => {
  const { engine, send } = openPaidWorld()
  const { chainId, payTo, token } = openPaidWorld().ctx.settings
  const ours = { ...seller, chainId, payTo, token: { ...seller.token, address: token } }
  const handler = createHttpHandler({ engine, seller: ours })
  const wellKnown = JSON.parse(
    await (await handler(new Request(`${origin}/.well-known/x402`))).text(),
  )
  const route = engine.catalog.routes.find(
    (each) => 'unitAmountRaw' in each && each.method === 'GET',
  )
  const target = `${route?.path.replace(/:\w+/g, '7')}`
  const [accepted] = readOffer(await send(target)).accepts
  const { challengeId: _, ...extra } = accepted?.extra ?? {}
  const item = wellKnown.items.find((each: { routeId?: string }) => each.routeId === route?.routeId)
  expect(item.accepts).toEqual([{ ...accepted, extra }])
})
