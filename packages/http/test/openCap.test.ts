import { createEngine, createOpenCap, type OpenLimits } from '@key0/core'
import { fakeAccounts } from '@key0/core/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import { createHttpHandler, type HttpHandler, type Incoming } from '../src/exports/index.ts'
import { ask, origin } from './buy.ts'
import { seller } from './fakeEngine.ts'
import { openPaidWorld, type PaidWorld } from './paidWorld.ts'

let world: PaidWorld
let handler: HttpHandler

function open(limits: OpenLimits): void {
  world = openPaidWorld()
  const { ctx, ledger } = world
  ledger.fund(fakeAccounts.buyer, 100_000_000n)
  const openCap = createOpenCap(ctx.clock, limits)
  const { chainId, payTo, token } = ctx.settings
  handler = createHttpHandler({
    engine: createEngine({ ...ctx, openCap, observe: openCap.observe }),
    seller: { ...seller, chainId, payTo, token: { ...seller.token, address: token } },
    resources: { fetchResource: async () => new Response('the photo') },
  })
}
beforeEach(() => open({ total: 3, perCaller: 1 }))

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

type Signed = {
  accepted: { extra: { challengeId?: string } }
  payload: { signature: string }
  extensions?: object
}

/** Presents what was signed for an offer, as a client makes a header of it. */
async function present(
  incoming: Incoming,
  offered: Response,
  toHeader: (signed: Signed) => readonly [string, object],
): Promise<Response> {
  const [name, payment] = toHeader(JSON.parse(atob(await world.sign(offered))))
  const request = new Request(incoming.request)
  request.headers.set(name, btoa(JSON.stringify(payment)))
  return handler.receive({ ...incoming, request })
}

let names = 0
const withName = (signed: Signed): Signed => {
  names += 1
  const info = { required: false, id: `name-of-a-purchase-${names}` }
  return { ...signed, extensions: { 'payment-identifier': { info } } }
}
const withoutId = (signed: Signed): Signed => {
  delete signed.accepted.extra.challengeId
  return signed
}
const clients: readonly [string, (signed: Signed) => readonly [string, object]][] = [
  ['that names its offer', (signed) => ['payment-signature', signed]],
  ['that names no offer', (signed) => ['payment-signature', withoutId(signed)]],
  ['that names the purchase', (signed) => ['payment-signature', withName(signed)]],
  ['that names nothing but it', (signed) => ['payment-signature', withName(withoutId(signed))]],
  [
    'of version 1',
    ({ payload }) => {
      const terms = { x402Version: 1, scheme: 'exact', network: 'base-sepolia' }
      return ['x-payment', { ...terms, payload }]
    },
  ],
]

describe.each(clients)('a buyer %s', (_, toHeader) => {
  test.each(ways)('pays for %s while too much is open', async (__, from) => {
    const offered = await handler.receive(from('203.0.113.9'))
    for (const other of ['198.51.100.1', '198.51.100.2']) await handler.receive(from(other))
    expect((await handler.receive(from('198.51.100.3'))).status).toBe(503)
    expect((await present(from('203.0.113.9'), offered, toHeader)).status).toBe(200)
  })

  test.each(['203.0.113.9', ''])(
    'and pays every time never fills it, as caller "%s"',
    async (by) => {
      for (const [, from] of ways)
        for (let count = 0; count < 4; count += 1) {
          const offered = await handler.receive(from(by))
          expect([offered.status, count]).toEqual([402, count])
          expect((await present(from(by), offered, toHeader)).status).toBe(200)
        }
    },
  )
})

test('forged payments under ever new names use up what their caller may, and nothing of others', async () => {
  open({ total: 20, perCaller: 2 })
  const by = (caller: string): Incoming => ({ request: ask({ planId: 'basic' }), caller })
  const offered = await handler.receive(by('203.0.113.9'))
  const statuses: number[] = []
  for (let count = 0; count < 30; count += 1) {
    const answer = await present(by('203.0.113.9'), offered, (signed) => {
      signed.payload.signature = `0x${'11'.repeat(64)}1b`
      return ['payment-signature', withName(count % 2 ? signed : withoutId(signed))]
    })
    expect(answer.headers.has('payment-required')).toBe(count === 0)
    statuses.push(answer.status)
  }
  expect(statuses).toEqual([402, ...Array.from({ length: 29 }, () => 503)])
  for (let count = 0; count < 18; count += 1)
    expect((await handler.receive(by(`198.51.100.${count}`))).status).toBe(402)
})
