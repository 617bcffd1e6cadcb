import { createMemoryStore } from '@key0/core/memory'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { createKey0, type SellerConfig } from '@key0/sdk'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openKey0 } from './openKey0.ts'
import { openShop } from './openShop.ts'

let chain: Sandbox
beforeAll(async () => {
  chain = await startSandbox()
})
afterAll(() => chain.stop())

function config(changes: Partial<SellerConfig> = {}): SellerConfig {
  return {
    agentName: 'Reports',
    agentUrl: 'https://shop.example',
    walletAddress: chain.wallets.seller.address,
    network: 'testnet',
    rpcUrl: chain.rpcUrl,
    gasWalletPrivateKey: chain.wallets.gas.privateKey,
    plans: [{ planId: 'report', unitAmount: '$0.25' }],
    store: createMemoryStore(),
    fetchResourceCredentials: async () => ({ token: 'a-token' }),
    ...changes,
  }
}

const discover = new Request('https://shop.example/discover')

test('a configuration becomes a gateway that finishes what was left open by itself', async () => {
  const store = createMemoryStore()
  const looked = Promise.withResolvers<void>()
  const due: typeof store.due = (...query) => {
    looked.resolve()
    return store.due(...query)
  }
  const { handler, close } = await openKey0(config({ store: { ...store, due } }))
  expect(await (await handler(discover)).json()).toMatchObject({ plans: [{ planId: 'report' }] })
  await looked.promise
  close()
})

test('a pass that fails is told to the observer, and the gateway goes on', async () => {
  const told = Promise.withResolvers<unknown>()
  const down = new Error('the store is down')
  const { handler, close } = await openKey0(
    config({
      store: { ...createMemoryStore(), due: () => Promise.reject(down) },
      observe: (event) => event.name === 'alert' && told.resolve(event.cause),
    }),
  )
  expect(await told.promise).toBe(down)
  expect((await handler(discover)).status).toBe(200)
  close()
})

test('what a seller should know is said when it opens, and of each route that is mounted', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const { gate, ready, close } = openShop(config({ a2a: false }))
  gate({ routeId: 'dear', unitAmount: '$2.00' })
  gate({ routeId: 'cheap', unitAmount: '$0.01', method: 'GET', path: '/cheap' })
  await ready()
  expect(warned.mock.calls.map(([text]) => text)).toEqual([
    expect.stringMatching(/Plan "report" costs more than 0\.10 USDC/),
    expect.stringMatching(/Route "dear" costs more than 1 USDC/),
  ])
  warned.mockRestore()
  await close()
})

test('a configuration that is wrong opens nothing', async () => {
  await expect(openKey0(config({ walletAddress: '0x12' }))).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})

test('a gateway that runs already is taken as it is, also while it starts', async () => {
  const key0 = await createKey0(config())
  const { handler } = key0
  expect((await openKey0(handler)).handler).toBe(handler)
  expect((await openKey0(key0)).handler).toBe(handler)
  expect((await openKey0(Promise.resolve(key0))).handler).toBe(handler)
  key0.close()
})
