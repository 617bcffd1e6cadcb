import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Key0Error } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKey0 } from './createKey0.ts'
import { WITHOUT_STORE } from './openStore.ts'
import type { SellerConfig } from './SellerConfig.ts'

let chain: Sandbox
let server: Server
let baseUrl: string
beforeAll(async () => {
  chain = await startSandbox()
  server = createServer(({ url }, response) => response.end(`answer to ${url}`))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await chain.stop()
})

function config(changes: Partial<SellerConfig>): SellerConfig {
  return {
    agentName: 'Photos',
    agentUrl: 'https://shop.example',
    walletAddress: chain.wallets.seller.address,
    network: 'testnet',
    rpcUrl: chain.rpcUrl,
    gasWalletPrivateKey: chain.wallets.gas.privateKey,
    store: createMemoryStore(),
    routes: [
      { method: 'GET', path: '/photos/:id', unitAmount: '$0.01' },
      { method: 'GET', path: '/free' },
    ],
    ...changes,
  }
}

const ask = (path: string) => new Request(`https://shop.example${path}`)

test('routes are sold without any plan, and answered by a server or by a function', async () => {
  for (const answer of [
    { proxyTo: { baseUrl } },
    { fetchResource: async ({ path }: { path: string }) => new Response(`answer to ${path}`) },
  ]) {
    const key0 = await createKey0(config(answer))
    expect((await key0.handler(ask('/photos/1'))).status).toBe(402)
    expect(await (await key0.handler(ask('/free'))).text()).toBe('answer to /free')
    expect((await key0.handler(ask('/nothing'))).status).toBe(404)
    const card = await key0.handler(ask('/.well-known/agent-card.json'))
    expect(await card.json()).toMatchObject({
      skills: [{ id: 'request-resource' }, { id: 'submit-proof' }],
    })
    expect(key0.warnings.join()).not.toContain('no store')
    key0.close()
  }
})

/** A payment of version 1: it names nothing but itself. Signed by the buyer of the sandbox. */
async function payAsV1(path: string): Promise<Request> {
  const { seller, buyer } = chain.wallets
  const { privateKey } = buyer
  const value = 10_000n
  const { authorization, signature } = await chain.signTransferAuthorization({
    ...{ privateKey, to: seller.address, value },
  })
  const payload = { authorization, signature }
  const payment = { x402Version: 1, scheme: 'exact', network: 'base-sepolia', payload }
  const text = JSON.stringify(payment, (_, it) => (typeof it === 'bigint' ? `${it}` : it))
  const request = ask(path)
  request.headers.set('X-PAYMENT', btoa(text))
  return request
}

test.each(['kept', 'streamed'] as const)(
  'a version 1 buyer whose seller could not record the payment is served or refunded (%s)',
  async (delivered) => {
    const store = createMemoryStore()
    const states: (string | undefined)[] = []
    const alerts: string[] = []
    let challengeId = ''
    let isDown = true
    const key0 = await createKey0(
      config({
        ...{ store, awaitOnPaid: true },
        fetchResource: async () => new Response('a photo'),
        ...(delivered === 'streamed' && { delivery: { maxStoredBytes: 0 } }),
        async onPaid(receipt) {
          challengeId = receipt.challengeId
          states.push((await store.get(challengeId))?.state)
          if (isDown) throw new Error('the books are down')
        },
        observe: (event) => void (event.name === 'alert' && alerts.push(event.what)),
      }),
    )
    const refused = await key0.handler(await payAsV1('/photos/1'))
    expect(refused.status).toBe(502)
    expect(await refused.json()).toMatchObject({ code: 'DELIVERY_FAILED' })
    // What a refund worker takes up: paid, nobody delivers it, and nothing of it left.
    const record = await store.get(challengeId)
    expect(record).toMatchObject({ state: 'PAID' })
    for (const field of ['lease', 'response', 'held', 'disposition'])
      expect(record).not.toHaveProperty(field)
    expect(alerts).toContain('the seller’s books threw')
    isDown = false
    const served = await key0.handler(await payAsV1('/photos/2'))
    expect([served.status, await served.text()]).toEqual([200, 'a photo'])
    const { response } = (await store.get(challengeId)) ?? {}
    expect(response?.body === undefined).toBe(delivered === 'streamed')
    expect(new Set(states)).toEqual(new Set(['PAID']))
    key0.close()
  },
)

test('without a store it opens only for who says what is lost, and says so itself', async () => {
  const { store: _, ...storeless } = config({ proxyTo: { baseUrl } })
  const key0 = await createKey0({ ...storeless, withoutStore: WITHOUT_STORE })
  expect(key0.warnings).toContain(`There is no store: ${WITHOUT_STORE}.`)
  expect((await key0.handler(ask('/photos/1'))).status).toBe(402)
  key0.close()
})

test.each<readonly [what: string, changes: object, name: string]>([
  ['no store and not a word', { store: undefined }, 'store'],
  ['another word', { store: undefined, withoutStore: 'yes' }, 'store'],
  ['both', { withoutStore: WITHOUT_STORE }, 'withoutStore'],
  [
    'plans without a store',
    { store: undefined, withoutStore: WITHOUT_STORE, plans: [{ planId: 'a', unitAmount: '$1' }] },
    'store',
  ],
  ['two who answer', { fetchResource: async () => new Response() }, 'proxyTo'],
  ['nothing to answer', { routes: [] }, 'routes'],
  [
    'an ambiguous route',
    {
      routes: [
        { method: 'GET', path: '/a' },
        { method: 'GET', path: '/A' },
      ],
    },
    'routes',
  ],
  ['a path of ours', { routes: [{ method: 'GET', path: '/discover' }] }, 'routes'],
  ['no address to pass on to', { proxyTo: { baseUrl: 'api.internal' } }, 'baseUrl'],
])('a shop with %s does not open', async (_, changes, name) => {
  const opening = createKey0(config({ proxyTo: { baseUrl }, ...changes } as Partial<SellerConfig>))
  const error = await opening.catch((cause: unknown) => cause)
  expect(Key0Error.is(error, 'CONFIG_INVALID') && Object.keys(error.facts)).toEqual([name])
})
