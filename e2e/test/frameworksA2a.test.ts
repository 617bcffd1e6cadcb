import { createServer, type RequestListener, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { createMemoryStore } from '@key0/core/memory'
import { key0Router } from '@key0/middleware-express'
import { key0Plugin } from '@key0/middleware-fastify'
import { key0 as key0Routes } from '@key0/middleware-hono'
import { createA2aAgent, type Sandbox, startSandbox } from '@key0/sandbox'
import { createKey0, type Key0 } from '@key0/sdk'
import { freePort } from '@key0/test-services'
import express from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, expect, test } from 'vitest'

// A2A is one more protocol behind the same handler, so it is in every framework or in none.

let chain: Sandbox
beforeAll(async () => {
  chain = await startSandbox()
})
afterAll(() => chain.stop())

type Mount = (handler: Key0['handler']) => Server | Promise<Server>

const frameworks: readonly (readonly [name: string, mount: Mount])[] = [
  ['no framework', (fetch) => createAdaptorServer({ fetch }) as Server],
  ['Hono', (handler) => createAdaptorServer(new Hono().use(key0Routes(handler))) as Server],
  ['Express', (handler) => createServer(express().use(key0Router(handler)) as RequestListener)],
  [
    'Express, after its body parser',
    (handler) => {
      const app = express().use(express.json()).use(key0Router(handler))
      return createServer(app as RequestListener)
    },
  ],
  [
    'Fastify',
    async (key0) => {
      const app = fastify()
      await app.register(key0Plugin, { key0 })
      await app.ready()
      return app.server
    },
  ],
]

test.each(frameworks)('%s: an agent buys a plan and a request over A2A', async (_, mount) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { seller, gas, buyer } = chain.wallets
  const key0 = await createKey0({
    agentName: 'Reports',
    agentUrl: url,
    walletAddress: seller.address,
    network: 'testnet',
    rpcUrl: chain.rpcUrl,
    gasWalletPrivateKey: gas.privateKey,
    plans: [{ planId: 'report', unitAmount: '$0.25' }],
    routes: [{ method: 'POST', path: '/prints/:id', unitAmount: '$0.10' }],
    fetchResource: async ({ path, query, body }) =>
      Response.json({ path, query, sent: new TextDecoder().decode(body as Uint8Array) }),
    store: createMemoryStore(),
    fetchResourceCredentials: async () => ({ token: 'a-token' }),
  })
  const server = await mount(key0.handler)
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  try {
    const agent = createA2aAgent({ url, wallet: buyer, maxAmount: 250_000n })
    const { content, settlement } = await agent.buy({ planId: 'report' })
    expect(content).toMatchObject({ accessToken: 'a-token', txHash: settlement.transaction })
    const resource = { method: 'POST', path: '/prints/7?size=2', body: '{"copies":3}' }
    const print = await agent.buy({ resource })
    expect(print.content).toMatchObject({
      ...{ type: 'ResourceResponse', status: 200, txHash: print.settlement.transaction },
      body: JSON.stringify({ path: '/prints/7', query: 'size=2', sent: '{"copies":3}' }),
    })
    expect(print.settlement).toMatchObject({ success: true, amount: '100000' })
    const asked = await fetch(`${url}/x402/access`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-a2a-extensions': 'https://github.com/google-a2a/a2a-x402/v0.1',
      },
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'tasks/get' },
        params: { id: content.challengeId },
      }),
    })
    expect(asked.headers.get('x-a2a-extensions')).toContain('a2a-x402/v0.1')
    expect(await asked.json()).toMatchObject({ result: { status: { state: 'completed' } } })
  } finally {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
    key0.close()
  }
})
