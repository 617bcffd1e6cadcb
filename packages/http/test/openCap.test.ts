import { createEngine, createOpenCap } from '@key0/core'
import { beforeEach, expect, test } from 'vitest'
import { createHttpHandler, type HttpHandler, type Incoming } from '../src/exports/index.ts'
import { ask, origin } from './buy.ts'
import { seller } from './fakeEngine.ts'
import { openPaidWorld, type PaidWorld } from './paidWorld.ts'

let world: PaidWorld
let handler: HttpHandler
beforeEach(() => {
  world = openPaidWorld()
  const { ctx } = world
  const openCap = createOpenCap(ctx.clock, { total: 3, perCaller: 1 })
  const { chainId, payTo, token } = ctx.settings
  handler = createHttpHandler({
    engine: createEngine({ ...ctx, openCap, observe: openCap.observe }),
    seller: { ...seller, chainId, payTo, token: { ...seller.token, address: token } },
    resources: { fetchResource: async () => new Response('the photo') },
  })
})

const priced = (): string => {
  const route = world.engine.catalog.routes.find(
    (each) => each.method === 'GET' && 'unitAmountRaw' in each,
  )
  return `${route?.path.replace(/:\w+/g, '7')}`
}

/** The three ways to ask for a price, from one address. */
const ways: readonly [string, (caller: string) => Incoming][] = [
  ['a plan', (caller) => ({ request: ask({ planId: 'basic' }), caller })],
  [
    'a single request',
    (caller) => ({ request: new Request(`${origin}/`), target: priced(), caller }),
  ],
  [
    'one in JSON',
    (caller) => ({ request: ask({ resource: { method: 'GET', path: priced() } }), caller }),
  ],
]

test.each(ways)('whoever asks for %s and does not pay is told to wait', async (_, from) => {
  const first = await handler.receive(from('2001:db8:0:1::7'))
  expect(first.status).toBe(402)
  const again = await handler.receive(from('2001:db8:0:1:9::9'))
  expect([again.status, again.headers.get('retry-after')]).toEqual([503, expect.any(String)])
  expect(await again.json()).toMatchObject({ code: 'OVERLOADED', retry: 'later' })
  expect((await handler.receive(from('2001:db8:0:2::7'))).status).toBe(402)
})

test('a payment without a challenge of its own makes no room either, and costs nothing', async () => {
  const by = { caller: '203.0.113.9' }
  const offered = await handler.receive({ request: ask({ planId: 'basic' }), ...by })
  const header = await world.sign(offered)
  const json: { accepted: { extra: { challengeId?: string } } } = JSON.parse(atob(header))
  delete json.accepted.extra.challengeId
  const request = ask({ planId: 'basic' })
  request.headers.set('payment-signature', btoa(JSON.stringify(json)))
  const answer = await handler.receive({ request, ...by })
  expect([answer.status, answer.headers.has('payment-required')]).toEqual([503, false])
  expect(await answer.json()).toMatchObject({ code: 'OVERLOADED' })
  // What was offered goes on.
  const paying = ask({ planId: 'basic' })
  paying.headers.set('payment-signature', header)
  expect((await handler.receive({ request: paying, ...by })).status).toBe(200)
})
