import { Key0Error } from '@key0/core'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sellerConfig } from '../test/sellerConfig.ts'
import { createKey0 } from './createKey0.ts'
import type { SellerConfig } from './SellerConfig.ts'

let chain: Sandbox
beforeAll(async () => {
  chain = await startSandbox()
})
afterAll(() => chain.stop())

const config = (changes: Partial<SellerConfig> = {}): SellerConfig => sellerConfig(chain, changes)

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  return Key0Error.is(error) ? error.code : `${error}`
}

test('the seller’s address is offered checksummed, however it was written', async () => {
  const walletAddress = chain.wallets.seller.address.toLowerCase() as `0x${string}`
  const key0 = await createKey0(config({ walletAddress }))
  const challenge = await key0.requestHttpAccess({ planId: 'report' })
  expect(challenge.destination).toBe(chain.wallets.seller.address)
  expect(challenge).toMatchObject({ amount: '$0.25', amountRaw: 250_000n, asset: 'USDC' })
  key0.close()
})

test('the same request id returns the same challenge, in its own scope only', async () => {
  const key0 = await createKey0(config())
  const call = { planId: 'report', requestId: 'request-id-0123456789' }
  const first = await key0.requestHttpAccess(call)
  const again = await key0.requestHttpAccess(call)
  const agents = await key0.requestAccess({ ...call, clientAgentId: 'did:web:agent.example' })
  expect(again.challengeId).toBe(first.challengeId)
  expect(agents.challengeId).not.toBe(first.challengeId)
  key0.close()
})

test('a cancelled challenge cannot be paid', async () => {
  const key0 = await createKey0(config())
  const { challengeId } = await key0.requestHttpAccess({ planId: 'report' })
  await key0.cancelChallenge(challengeId)
  const paid = key0.submitProof({ challengeId, txHash: `0x${'1'.repeat(64)}` })
  expect(await codeOf(paid)).toBe('CHALLENGE_CANCELLED')
  key0.close()
})

test('nothing is delivered for a request that nobody paid', async () => {
  const key0 = await createKey0(config())
  const { requestId } = await key0.requestHttpAccess({ planId: 'report' })
  const payer = chain.wallets.stranger.address
  expect(await codeOf(key0.processHttpPayment({ requestId, payer }))).toBe('PAYMENT_REQUIRED')
  key0.close()
})

test.each([
  ['an address that is none', { walletAddress: '0x12' }, 'CONFIG_INVALID'],
  ['a retired wallet that is none', { retiredWallets: ['0x12'] }, 'CONFIG_INVALID'],
  ['a life of no seconds', { challengeTTLSeconds: 0 }, 'CONFIG_INVALID'],
  ['no plan', { plans: [] }, 'CONFIG_INVALID'],
  ['a price that is none', { plans: [{ planId: 'a', unitAmount: '1e6' }] }, 'CONFIG_INVALID'],
  ['nobody who mints', { fetchResourceCredentials: undefined }, 'CONFIG_INVALID'],
  ['another chain than its node’s', { network: 'mainnet' }, 'CHAIN_MISMATCH'],
  ['a node that is not there', { rpcUrl: 'http://127.0.0.1:9' }, 'CHAIN_UNREACHABLE'],
])('a shop with %s does not open', async (_, changes, code) => {
  expect(await codeOf(createKey0(config(changes as Partial<SellerConfig>)))).toBe(code)
})

describe('mcp: true', () => {
  const at = (path: string): string => `https://shop.example${path}`

  test('the same handler sells over MCP, and the documents say so', async () => {
    const key0 = await createKey0(config({ mcp: true }))
    for (const path of ['/mcp', '/.well-known/mcp.json', '/discover', '/x402/access'])
      expect(key0.handler.matches({ url: at(path) }), path).toBe(true)
    expect(key0.handler.matches({ url: at('/elsewhere') })).toBe(false)
    expect((await key0.handler(new Request(at('/elsewhere')))).status).toBe(404)
    const llms = await (await key0.handler(new Request(at('/llms.txt')))).text()
    expect(llms).toContain(`(${at('/mcp')})`)
    type Found = { asset: object; payTo: string; plans: { amount: string }[] }
    const found = (await (await key0.handler(new Request(at('/discover')))).json()) as Found
    const told = await discoverPlans(key0.handler)
    expect(told).toMatchObject({
      ...{ asset: found.asset, payTo: found.payTo },
      plans: [{ accepts: [{ amount: found.plans[0]?.amount, payTo: found.payTo }] }],
    })
    key0.close()
  })

  test('a message that something has read before is answered all the same', async () => {
    const key0 = await createKey0(config({ mcp: true }))
    const request = new Request(at('/mcp'), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ping' }),
    })
    const body = new Uint8Array(await request.arrayBuffer())
    const response = await key0.handler.receive({ request, body })
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 7, result: {} })
    key0.close()
  })

  test('without it there is none', async () => {
    const key0 = await createKey0(config())
    for (const path of ['/mcp', '/.well-known/mcp.json'])
      expect(key0.handler.matches({ url: at(path) })).toBe(false)
    expect(await (await key0.handler(new Request(at('/llms.txt')))).text()).not.toContain('/mcp')
    key0.close()
  })

  test('pages from elsewhere may ask where they are allowed to', async () => {
    const allowed = 'https://agent.example'
    const key0 = await createKey0(config({ mcp: { allowedOrigins: [allowed] } }))
    const ask = async (origin: string) =>
      (await key0.handler(new Request(at('/mcp'), { method: 'OPTIONS', headers: { origin } })))
        .status
    expect([await ask(allowed), await ask('https://other.example')]).toEqual([204, 403])
    key0.close()
  })

  async function discoverPlans(handler: (request: Request) => Promise<Response>): Promise<object> {
    const answer = await handler(
      new Request(at('/mcp'), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"discover_plans"}}',
      }),
    )
    const { result } = (await answer.json()) as { result: { structuredContent: object } }
    return result.structuredContent
  }
})
