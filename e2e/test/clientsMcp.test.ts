import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Sandbox } from '@key0/sandbox'
import { createMcpAgent } from '@key0/sandbox/mcp'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { x402Client } from '@x402/core/client'
import type { PaymentPayload, PaymentRequired } from '@x402/core/types'
import { registerExactEvmScheme } from '@x402/evm/exact/client'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { installCloudflareMcp } from '../clients/cloudflareMcp.ts'
import { price, walletOf } from '../crash/gatewayEnv.ts'
import type { Backend } from '../crash/startBackend.ts'
import { stopServers } from '../src/servers.ts'
import { startTwoGateways } from '../src/startTwoGateways.ts'

// Two gateways, a process each, that share nothing but a store: there are no sessions, so what one
// began the other goes on with. Calls are made by the MCP SDK's client and payments by x402Client,
// both as they are published.

const routes = [
  { routeId: 'photo', method: 'GET', path: '/photos/:id', unitAmount: '$0.25' },
  { routeId: 'reports', method: 'POST', path: '/reports', unitAmount: '$0.25' },
]

/** A seller's server that answers what it was asked, and tells how often it answered well. */
async function startUpstream(): Promise<
  AsyncDisposable & { readonly url: string; readonly count: () => number }
> {
  let count = 0
  const server = createServer(async (request, response) => {
    let sent = ''
    for await (const chunk of request) sent += chunk
    if (sent === '"fail"') return void response.writeHead(500).end()
    count += 1
    const asked = `${request.method} ${request.url}`
    const isPhoto = request.method === 'GET'
    response.setHeader('content-type', isPhoto ? 'image/png' : 'application/json')
    response.end(isPhoto ? asked : JSON.stringify({ asked, sent: JSON.parse(sent) }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    count: () => count,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

// A folder for Cloudflare's client, which is too large for every run: docs/evidence/clients.md.
const folder = process.env.KEY0_LEGACY_CLIENTS
const cloudflare = folder ? await installCloudflareMcp(folder) : undefined

describe.each(['redis', 'postgres'] as const)('two gateways on %s', (store) => {
  let stack: AsyncDisposableStack
  let upstream: Awaited<ReturnType<typeof startUpstream>>
  let chain: Sandbox<string>
  let backend: Backend
  let here: string
  let there: string

  beforeAll(async () => {
    stack = new AsyncDisposableStack()
    upstream = stack.use(await startUpstream())
    const gateways = await startTwoGateways(store, {
      MCP_ENABLED: 'true',
      MCP_ROUTE_TOOLS: 'true',
      ROUTES: JSON.stringify(routes),
      PROXY_TO_BASE_URL: upstream.url,
    })
    ;({ chain, backend, here, there } = stack.use(gateways))
  })

  afterAll(async () => {
    await stack.disposeAsync()
    await stopServers()
  })

  const balance = (): Promise<bigint> => chain.balanceOf(walletOf(chain, 'buyer').address)

  type Caller = (payment?: unknown) => Promise<CallToolResult>

  /** The SDK's client at one gateway. An answer that is lost had arrived at this machine. */
  async function connect(url: string): Promise<{
    readonly client: Client
    readonly buy: Caller
    readonly loseNext: () => void
  }> {
    const client = new Client({ name: 'agent', version: '1.0.0' })
    let isLosing = false
    const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), {
      fetch: async (to, init) => {
        const answer = await fetch(to, init)
        if (!isLosing) return answer
        isLosing = false
        await answer.arrayBuffer()
        throw new TypeError('the connection broke')
      },
    })
    await client.connect(transport as Parameters<Client['connect']>[0])
    const buy: Caller = async (payment) =>
      (await client.callTool({
        ...{ name: 'request_access', arguments: { planId: 'report' } },
        ...(payment !== undefined && { _meta: { 'x402/payment': payment } }),
      })) as CallToolResult
    const loseNext = (): void => {
      isLosing = true
    }
    return { client, buy, loseNext }
  }

  async function sign({ structuredContent }: CallToolResult): Promise<PaymentPayload> {
    const payer = new x402Client()
    const signer = privateKeyToAccount(walletOf(chain, 'buyer').privateKey)
    registerExactEvmScheme(payer, { signer })
    return payer.createPaymentPayload(structuredContent as unknown as PaymentRequired)
  }

  test('an agent finds, is asked, pays and gets; what it lost it gets again, and pays once', async () => {
    const before = await balance()
    const [near, far] = [await connect(here), await connect(there)]
    const { tools } = await near.client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      ...['discover_plans', 'request_access', 'route_reports', 'route_photo'],
    ])
    const found = await near.client.callTool({ name: 'discover_plans' })
    expect(found.structuredContent).toMatchObject({
      plans: [{ planId: 'report', accepts: [{ amount: `${price}` }] }],
    })
    const asked = await near.buy()
    expect(asked).toMatchObject({ isError: true, structuredContent: { code: 'PAYMENT_REQUIRED' } })

    const payment = await sign(asked)
    near.loseNext()
    await expect(near.buy(payment)).rejects.toThrow('the connection broke')
    const again = [
      await near.buy(payment),
      await far.buy(payment),
      await far.buy(btoa(JSON.stringify(payment))),
      await far.buy(await sign(asked)),
    ]
    for (const result of again) {
      expect(result).toMatchObject({
        structuredContent: { type: 'AccessGrant', planId: 'report' },
        _meta: { 'x402/payment-response': { success: true, network: 'eip155:84532' } },
      })
      expect(result.content).toEqual(again[0]?.content)
    }
    expect(before - (await balance())).toBe(price)
  })

  test('what could not be delivered goes back, and the call says so', async () => {
    const before = await balance()
    const { buy } = await connect(here)
    const payment = await sign(await buy())
    backend.setMode('fail')
    const failed = await buy(payment)
    backend.setMode('ok')
    expect(failed).toMatchObject({
      isError: true,
      structuredContent: { code: 'DELIVERY_FAILED', facts: { refund: expect.any(String) } },
      _meta: { 'x402/payment-response': { success: true } },
    })
    expect(JSON.stringify(failed)).not.toContain('accepts')
    await vi.waitFor(async () => expect(await balance()).toBe(before), { timeout: 20_000 })
    // The transfer is on the chain before the record says so.
    const told = async (): Promise<unknown> => (await buy(payment)).structuredContent?.code
    await vi.waitFor(async () => expect(await told()).toBe('CHALLENGE_REFUNDED'), {
      timeout: 20_000,
    })
  })

  test('a single request is bought by its tool, bound to what was asked, and over HTTP again', async () => {
    const before = await balance()
    const { client } = await connect(here)
    const call = async (args: object, payment?: object): Promise<CallToolResult> =>
      (await client.callTool({
        ...{ name: 'route_photo', arguments: { ...args } },
        ...(payment && { _meta: { 'x402/payment': payment } }),
      })) as CallToolResult
    const asked = await call({ path: { id: 'a b' }, query: { size: 'big' } })
    expect(asked).toMatchObject({
      isError: true,
      structuredContent: {
        ...{ code: 'PAYMENT_REQUIRED', x402Version: 2 },
        resource: { url: `${here}/photos/a%20b?size=big` },
      },
    })
    expect(asked._meta?.['x402/error']).toEqual(asked.structuredContent)
    for (const id of ['a/b', '..', '%2e%2e'])
      expect(await call({ path: { id } })).toMatchObject({
        ...{ isError: true, structuredContent: { code: 'PATH_NOT_CANONICAL' } },
      })
    const payment = await sign(asked)
    const other = await call({ path: { id: 'other' }, query: { size: 'big' } }, payment)
    expect(other).toMatchObject({ isError: true, structuredContent: { code: 'REQUEST_CONFLICT' } })
    const bought = await call({ path: { id: 'a b' }, query: { size: 'big' } }, payment)
    expect(bought).toMatchObject({
      content: [{ type: 'image', mimeType: 'image/png', data: btoa('GET /photos/a%20b?size=big') }],
      _meta: { 'x402/payment-response': { success: true } },
    })
    const overHttp = await fetch(`${here}/photos/a%20b?size=big`, {
      headers: { 'payment-signature': btoa(JSON.stringify(payment)) },
    })
    expect(await overHttp.text()).toBe('GET /photos/a%20b?size=big')
    expect(before - (await balance())).toBe(price)

    await using agent = await createMcpAgent({
      ...{ url: `${there}/mcp`, wallet: walletOf(chain, 'buyer'), maxAmount: price },
    })
    const report = await agent.buy('route_reports', { body: { day: 'today' } })
    expect(report.content).toEqual({ asked: 'POST /reports', sent: { day: 'today' } })
    expect(before - (await balance())).toBe(2n * price)
    expect(upstream.count()).toBe(2)
    const failing = { name: 'route_reports', arguments: { body: 'fail' } }
    const offered = (await client.callTool(failing)) as CallToolResult
    const _meta = { 'x402/payment': await sign(offered) }
    expect(await client.callTool({ ...failing, _meta })).toMatchObject({
      isError: true,
      structuredContent: { code: 'DELIVERY_FAILED', facts: { refund: expect.any(String) } },
      _meta: { 'x402/payment-response': { success: true } },
    })
    const spent = async (): Promise<bigint> => before - (await balance())
    await vi.waitFor(async () => expect(await spent()).toBe(2n * price), { timeout: 20_000 })
  })

  test('a stranger with another wallet gets nothing for a payment that it copied', async () => {
    const { buy } = await connect(here)
    const asked = await buy()
    const payment = await sign(asked)
    await buy(payment)
    const stranger = new x402Client()
    const { privateKey } = walletOf(chain, 'stranger')
    registerExactEvmScheme(stranger, { signer: privateKeyToAccount(privateKey) })
    const theirs = await stranger.createPaymentPayload(asked.structuredContent as never)
    expect(await buy(theirs)).toMatchObject({
      isError: true,
      structuredContent: { code: 'REQUEST_CONFLICT' },
    })
  })

  test.skipIf(!cloudflare)(
    'Cloudflare’s client buys a plan and a request within its cap, and is told the price',
    async () => {
      if (!cloudflare) return
      const before = await balance()
      const { privateKey } = walletOf(chain, 'buyer')
      const call = { name: 'request_access', arguments: { planId: 'report' } }
      const asked = { privateKey, url: `${there}/mcp`, call }
      const { tools, result } = await cloudflare({ ...asked, cap: 250_000 })
      expect(tools[1]?.description).toContain('you will be charged $0.25')
      expect(result).toMatchObject({
        structuredContent: { type: 'AccessGrant', planId: 'report' },
        _meta: { 'x402/payment-response': { success: true, network: 'eip155:84532' } },
      })
      expect(before - (await balance())).toBe(price)
      const photo = { name: 'route_photo', arguments: { path: { id: 'cf' }, query: {} } }
      const { result: request } = await cloudflare({ ...asked, call: photo, cap: 250_000 })
      expect(request).toMatchObject({
        content: [{ type: 'image', data: btoa('GET /photos/cf') }],
        _meta: { 'x402/payment-response': { success: true } },
      })
      expect(before - (await balance())).toBe(2n * price)
      const { result: capped } = await cloudflare({ ...asked, cap: 249_999 })
      expect(capped).toMatchObject({ isError: true, content: [{ type: 'text' }] })
      expect(JSON.stringify(capped)).toContain('exceeds client cap')
      expect(before - (await balance())).toBe(2n * price)
    },
  )

  test('the sample agent buys, and leaves what is too dear', async () => {
    const before = await balance()
    const wallet = walletOf(chain, 'buyer')
    const open = (maxAmount: bigint) => createMcpAgent({ url: `${here}/mcp`, wallet, maxAmount })
    await using agent = await open(price)
    expect(await agent.listTools()).toContain('request_access')
    expect(await agent.ask('discover_plans')).toHaveProperty('plans')
    const { content, settlement } = await agent.buy('request_access', { planId: 'report' })
    expect(content).toMatchObject({ type: 'AccessGrant' })
    expect(settlement).toMatchObject({ success: true, amount: `${price}` })
    expect(before - (await balance())).toBe(price)
    await using modest = await open(price - 1n)
    await expect(modest.buy('request_access', { planId: 'report' })).rejects.toThrow('it costs')
    await expect(agent.buy('request_access', { planId: 'none' })).rejects.toThrow('PLAN_UNKNOWN')
    expect(before - (await balance())).toBe(price)
  })
})
