import { type BackendFor, createCheckout } from '@key0/checkout'
import { createCatalog } from '@key0/core'
import { expect, test } from 'vitest'
import { createA2aHandler, x402Extensions } from '../src/exports/index.ts'
import { openRouteShop, openShop, url } from './shop.ts'

type Card = {
  readonly capabilities: {
    readonly extensions: readonly { readonly uri: string; readonly params: Pricing }[]
  }
  readonly skills: readonly { readonly id: string; readonly description: string }[]
}
type Pricing = {
  readonly scheme: string
  readonly plans: readonly { readonly planId: string; readonly amount: string }[]
}

const read = async (
  path: string,
  headers: Record<string, string> = {},
): Promise<{ readonly response: Response; readonly card: Card }> => {
  const response = await openShop().handler(new Request(`${url}${path}`, { headers }))
  return { response, card: (await response.json()) as Card }
}

test('one card for both generations, at both addresses', async () => {
  const { response, card } = await read('/.well-known/agent-card.json')
  expect(response.headers.get('cache-control')).toBe('no-cache')
  expect((await read('/.well-known/agent.json', { 'A2A-Version': '0.3' })).card).toEqual(card)
  expect(card).toMatchObject({
    name: 'Reports',
    description: 'Daily reports',
    provider: { organization: 'Reports Ltd', url: 'https://reports.example' },
    ...{ url: `${url}/a2a`, preferredTransport: 'JSONRPC', protocolVersion: '0.3.0' },
    supportedInterfaces: [
      { url: `${url}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url: `${url}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
    ],
    skills: [{ id: 'request-access' }, { id: 'submit-proof' }],
  })
})

test('every plan of the catalog with its price, in both extensions and in words', async () => {
  const { card } = await read('/.well-known/agent-card.json')
  const { extensions } = card.capabilities
  expect(extensions.map(({ uri }) => uri)).toEqual(Object.values(x402Extensions))
  const { catalog } = openShop().ctx
  for (const { params } of extensions)
    expect(params.plans).toEqual(
      catalog.plans.map(({ planId, unitAmount, unitAmountRaw }) => ({
        ...{ planId, unitAmount, amount: `${unitAmountRaw}` },
      })),
    )
  for (const { planId, unitAmount } of catalog.plans)
    expect(card.skills[0]?.description).toContain(`${planId} (${unitAmount})`)
})

test('what the card says of payee, asset and network is what an offer asks for', async () => {
  const shop = openShop()
  const { card } = await read('/.well-known/agent-card.json')
  const offer = await shop.engine.offer({ planId: 'basic', clientAgentId: 'x402-a2a' })
  const { destination: payTo, token: asset, chainId } = offer.challenge
  expect(card.capabilities.extensions[0]?.params).toMatchObject({
    ...{ payTo, asset, network: `eip155:${chainId}`, scheme: 'exact' },
  })
})

test('the card tells the scheme that the offers ask for, also where no signature is taken', async () => {
  const { engine, seller } = openShop()
  const checkout = createCheckout({ engine, seller: { ...seller, exact: false } })
  const response = await createA2aHandler({ checkout })(
    new Request(`${url}/.well-known/agent-card.json`),
  )
  const { capabilities } = (await response.json()) as Card
  const { challenge } = await engine.offer({ planId: 'basic', clientAgentId: 'x402-a2a' })
  const { scheme } = checkout.requirementsOf(challenge)
  expect(scheme).toBe('onchain-proof')
  expect(capabilities.extensions.map(({ params }) => params.scheme)).toEqual([scheme, scheme])
})

const routes: Routes = [
  {
    ...{ method: 'GET', path: '/weather/:city', unitAmount: '$0.01', description: 'Tomorrow' },
    ...{ mimeType: 'text/csv', inputSchema: { type: 'object' } },
  },
  { method: 'GET', path: '/about' },
]

const readRouteCard = async (backendFor?: BackendFor, plans: Plans = []): Promise<Card> => {
  const { engine, seller } = openShop()
  const catalog = createCatalog(plans, 6, routes)
  const checkout = createCheckout({ engine: { ...engine, catalog }, seller })
  const handler = createA2aHandler({ checkout, ...(backendFor && { backendFor }) })
  const response = await handler(new Request(`${url}/.well-known/agent-card.json`))
  return (await response.json()) as Card
}
type Plans = Parameters<typeof createCatalog>[0]
type Routes = NonNullable<Parameters<typeof createCatalog>[2]>

test('single requests are priced in the card too, and are no skill where nobody answers them', async () => {
  const { capabilities, skills } = await readRouteCard()
  expect(skills).toEqual([])
  expect(capabilities.extensions[0]?.params).toMatchObject({
    plans: [],
    routes: [
      {
        ...{ routeId: 'GET /weather/:city', method: 'GET', path: '/weather/:city' },
        ...{ unitAmount: '$0.01', amount: '10000', description: 'Tomorrow' },
        ...{ mimeType: 'text/csv', inputSchema: { type: 'object' } },
      },
    ],
  })
})

test('where they are answered they are a skill, with every price, beside plans and without', async () => {
  const { backendFor } = openRouteShop()
  const alone = await readRouteCard(backendFor)
  expect(alone.skills).toMatchObject([
    {
      ...{ id: 'request-resource', outputModes: ['application/json', 'text/csv'] },
      examples: ['{"resource":{"method":"GET","path":"/weather/{city}"}}'],
    },
    { id: 'submit-proof' },
  ])
  expect(alone.skills[0]?.description).toContain('GET /weather/:city ($0.01)')
  expect(alone.skills[0]?.description).not.toContain('/about')
  const both = await readRouteCard(backendFor, [{ planId: 'basic', unitAmount: '$0.10' }])
  expect(both.skills.map(({ id }) => id)).toEqual([
    ...['request-access', 'request-resource', 'submit-proof'],
  ])
})

test.each([
  ['HEAD', 200],
  ['POST', 405],
  ['OPTIONS', 204],
])('%s of the card: %i', async (method, status) => {
  const request = new Request(`${url}/.well-known/agent-card.json`, { method })
  expect((await openShop().handler(request)).status).toBe(status)
})
