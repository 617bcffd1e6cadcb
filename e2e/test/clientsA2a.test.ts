import { createA2aAgent, createHttpAgent, type Sandbox } from '@key0/sandbox'
import {
  type A2aBuyer,
  a2aBuyers,
  createLegacyA2aBuyer,
  createModernA2aBuyer,
  type SeenTask,
} from '@key0/test-clients'
import { x402Client } from '@x402/core/client'
import type { PaymentRequired } from '@x402/core/types'
import { registerExactEvmScheme } from '@x402/evm/exact/client'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { price, walletOf } from '../crash/gatewayEnv.ts'
import type { Backend } from '../crash/startBackend.ts'
import { stopServers } from '../src/servers.ts'
import { startTwoGateways } from '../src/startTwoGateways.ts'
import { everyByte, startUpstream, type Upstream } from '../src/startUpstream.ts'

// Two gateways, a process each, that share nothing but a store: what one began the other goes on
// with. Payments are made by x402Client, tasks by the SDK's clients, both as they are published.

const routes = [
  { routeId: 'photo', method: 'GET', path: '/photos/:id', unitAmount: '$0.10' },
  { routeId: 'letter', method: 'POST', path: '/letters', unitAmount: '$0.30' },
]
const photo = { resource: { method: 'GET', path: '/photos/7?size=2' } }
const written = {
  resource: {
    ...{ method: 'POST', path: '/letters', body: '{"about":"rain"}' },
    contentType: 'application/json',
  },
}
const wares: readonly (readonly [name: string, data: object, costs: bigint])[] = [
  ['a plan', { planId: 'report' }, price],
  ['a request', photo, 100_000n],
  ['a request with a body', written, 300_000n],
]

/** A wire that can break once its answer has come, and that keeps what was sent. */
function openWire(): {
  readonly fetch: typeof fetch
  readonly loseNext: () => void
  readonly lost: () => string
  readonly resend: () => Promise<string>
} {
  let isLosing = false
  let sent: Parameters<typeof fetch> | undefined
  let lost = ''
  return {
    async fetch(to, init) {
      const answer = await fetch(to, init)
      if (!isLosing) return answer
      isLosing = false
      sent = init === undefined ? [to] : [to, init]
      lost = await answer.text()
      throw new TypeError('the connection broke')
    },
    loseNext: () => {
      isLosing = true
    },
    lost: () => lost,
    async resend() {
      if (sent === undefined) throw new Error('nothing was lost')
      return (await fetch(...sent)).text()
    },
  }
}

/** What stands in the answer of either generation. */
function artifactsIn(text: string): readonly unknown[] {
  const { result } = JSON.parse(text)
  return (result.task ?? result).artifacts
}

describe.each(['redis', 'postgres'] as const)('two gateways on %s', (store) => {
  let stack: AsyncDisposableStack
  let upstream: Upstream
  let chain: Sandbox<string>
  let backend: Backend
  let here: string
  let there: string

  beforeAll(async () => {
    stack = new AsyncDisposableStack()
    upstream = stack.use(await startUpstream())
    const gateways = await startTwoGateways(store, {
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

  /** Signs a task's offer by the public client. */
  async function sign({ metadata }: SeenTask): Promise<Readonly<Record<string, unknown>>> {
    const client = new x402Client()
    registerExactEvmScheme(client, {
      signer: privateKeyToAccount(walletOf(chain, 'buyer').privateKey),
    })
    const required = metadata['x402.payment.required'] as unknown as PaymentRequired
    return {
      'x402.payment.status': 'payment-submitted',
      'x402.payment.payload': await client.createPaymentPayload(required),
    }
  }

  describe.each(a2aBuyers)('%s', (_, create) => {
    test.each(wares)(
      'buys %s; what it lost it gets again, from either gateway, and pays once',
      async (__, data, costs) => {
        const before = await balance()
        const made = upstream.asked.length
        const wire = openWire()
        const [near, far] = [await create(here, wire.fetch), await create(there)]
        const asked = await near.send({ data: { ...data } })
        expect(asked).toMatchObject({
          state: 'input-required',
          metadata: {
            'x402.payment.status': 'payment-required',
            'x402.payment.required': { accepts: [{ amount: `${costs}` }] },
          },
        })
        const { id: taskId, contextId } = asked
        const paying = { taskId, data: { ...data }, metadata: await sign(asked) }
        wire.loseNext()
        await expect(near.send({ ...paying, contextId })).rejects.toThrow()
        expect(artifactsIn(wire.lost())).toHaveLength(1)
        expect(artifactsIn(await wire.resend())).toEqual(artifactsIn(wire.lost()))

        const again = await far.send(paying)
        const anew = await far.send({ ...paying, metadata: await sign(asked) })
        expect(again).toMatchObject({
          ...{ id: taskId, state: 'completed' },
          metadata: {
            'x402.payment.status': 'payment-completed',
            'x402.payment.receipts': [{ success: true, network: 'eip155:84532' }],
          },
        })
        expect(again.goods).toHaveLength(1)
        expect([anew.state, anew.goods]).toEqual(['completed', again.goods])
        expect(await near.get(taskId)).toMatchObject({ state: 'completed', goods: [] })
        expect(before - (await balance())).toBe(costs)
        expect(upstream.asked.length - made).toBe('resource' in data ? 1 : 0)
      },
    )

    test('is answered what the seller’s server says, bytes that are no text among it', async () => {
      const buyer = await create(here)
      const buy = async (data: typeof photo | typeof written): Promise<SeenTask> => {
        const asked = await buyer.send({ data })
        return buyer.send({ taskId: asked.id, data, metadata: await sign(asked) })
      }
      const { method, path: url, body } = written.resource
      expect((await buy(written)).goods).toEqual([
        {
          data: expect.objectContaining({
            ...{ type: 'ResourceResponse', routeId: 'letter', status: 200 },
            headers: expect.objectContaining({ 'content-type': 'application/json' }),
            body: JSON.stringify({ method, url, body }),
          }),
        },
      ])
      const binary = await buy({ resource: { method: 'GET', path: '/photos/binary' } })
      expect(binary.goods[1]).toEqual({
        bytes: everyByte.toString('base64'),
        mediaType: 'application/octet-stream',
      })
    })
  })

  test('the same payment gets the same answer at the request’s own address', async () => {
    const buyer = await createModernA2aBuyer(here)
    const asked = await buyer.send({ data: photo })
    const metadata = await sign(asked)
    const { goods } = await buyer.send({ taskId: asked.id, metadata })
    const made = upstream.asked.length
    const payment = Buffer.from(JSON.stringify(metadata['x402.payment.payload'])).toString('base64')
    const at = (path: string): Promise<Response> =>
      fetch(`${there}${path}`, { headers: { 'payment-signature': payment } })
    const same = await at(photo.resource.path)
    expect(same.status).toBe(200)
    expect(goods).toMatchObject([{ data: { body: await same.text() } }])
    expect((await at('/photos/8?size=2')).status).toBe(409)
    expect(upstream.asked).toHaveLength(made)
  })

  test('a request that was not answered well goes back, and its task says so', async () => {
    const before = await balance()
    const buyer = await createLegacyA2aBuyer(here)
    const data = { resource: { method: 'GET', path: '/photos/broken' } }
    const asked = await buyer.send({ data })
    const failed = await buyer.send({ taskId: asked.id, metadata: await sign(asked) })
    expect(failed).toMatchObject({
      ...{ state: 'failed', goods: [] },
      metadata: {
        'x402.payment.receipts': [{ success: true }],
        'key0.problem': { code: 'DELIVERY_FAILED', facts: { upstreamStatus: '500' } },
        'key0.refund': { state: 'expected', refund: 'automatic' },
      },
    })
    expect(JSON.stringify(failed)).not.toContain('stack trace')
    await untilRefunded(await createModernA2aBuyer(there), asked.id)
    expect(await balance()).toBe(before)
  })

  test('what could not be delivered goes back, and the task says so', async () => {
    const before = await balance()
    const buyer = await createModernA2aBuyer(here)
    const asked = await buyer.send({ data: { planId: 'report' } })
    backend.setMode('fail')
    const failed = await buyer.send({ taskId: asked.id, metadata: await sign(asked) })
    backend.setMode('ok')
    expect(failed).toMatchObject({
      state: 'failed',
      metadata: {
        'x402.payment.receipts': [{ success: true }],
        'key0.problem': { code: 'DELIVERY_FAILED' },
        'key0.refund': { state: 'expected', refund: 'automatic' },
      },
    })
    const refunded = await untilRefunded(await createLegacyA2aBuyer(there), asked.id)
    expect(refunded.state).toBe('failed')
    expect(await balance()).toBe(before)
  })

  /** Looks at a task until its money is back. */
  function untilRefunded(buyer: A2aBuyer, id: string): Promise<SeenTask> {
    return vi.waitFor(
      async () => {
        const seen = await buyer.get(id)
        expect(seen.metadata['key0.refund']).toMatchObject({ state: 'refunded' })
        return seen
      },
      { timeout: 20_000, interval: 50 },
    )
  }

  test('a payment of x402 version 1', async () => {
    const buyer = await createLegacyA2aBuyer(here)
    const asked = await buyer.send({ data: { planId: 'report', x402Version: 1 } })
    const metadata = await sign(asked)
    expect(metadata['x402.payment.payload']).toMatchObject({ x402Version: 1 })
    expect(await buyer.send({ taskId: asked.id, metadata })).toMatchObject({
      state: 'completed',
      metadata: { 'x402.payment.receipts': [{ success: true, network: 'base-sepolia' }] },
    })
  })

  test('a transfer that the buyer made itself is proof enough on a test network', async () => {
    const buyer = await createLegacyA2aBuyer(here)
    const asked = await buyer.send({ data: { planId: 'report' } })
    const [from, to] = [walletOf(chain, 'buyer').address, walletOf(chain, 'seller').address]
    const txHash = await chain.transfer(from, to, price)
    const bought = await buyer.send({ taskId: asked.id, data: { skill: 'submit-proof', txHash } })
    expect(bought).toMatchObject({
      state: 'completed',
      metadata: { 'x402.payment.receipts': [{ transaction: txHash }] },
      grant: { challengeId: asked.id },
    })
  })

  test('the sandbox’s sample agents buy over A2A and over plain HTTP', async () => {
    const before = await balance()
    const options = { url: here, wallet: walletOf(chain, 'buyer'), maxAmount: price }
    const [a2a, http] = [createA2aAgent(options), createHttpAgent(options)]
    expect(await a2a.readCard()).toMatchObject({
      skills: [{ id: 'request-access' }, { id: 'request-resource' }, { id: 'submit-proof' }],
    })
    const request = await a2a.buy(photo)
    expect(request.content).toMatchObject({ status: 200, txHash: request.settlement.transaction })
    const bought = [
      await a2a.buy({ planId: 'report' }),
      await http.buy('/x402/access', { planId: 'report' }),
    ]
    for (const { content, settlement } of bought) {
      expect(content).toMatchObject({ type: 'AccessGrant', txHash: settlement.transaction })
      expect(settlement).toMatchObject({ success: true, network: 'eip155:84532' })
    }
    expect(before - (await balance())).toBe(2n * price + 100_000n)
    const poor = createA2aAgent({ ...options, maxAmount: price - 1n })
    await expect(poor.buy({ planId: 'report' })).rejects.toMatchObject({ code: 'agent_refused' })
    await expect(a2a.buy({ planId: 'none' })).rejects.toMatchObject({ code: 'agent_refused' })
    await expect(http.buy('/x402/access', {})).rejects.toMatchObject({ code: 'agent_refused' })
  })

  test('the payment path speaks A2A where a request says so, and plain x402 where not', async () => {
    const body = { ...{ jsonrpc: '2.0', id: 1, method: 'tasks/get' }, params: { id: 'http-0' } }
    const ask = (headers: Record<string, string>): Promise<Response> =>
      fetch(`${here}/x402/access`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    const spoken = await ask({ 'X-A2A-Extensions': 'https://github.com/google-a2a/a2a-x402/v0.1' })
    expect(await spoken.json()).toMatchObject({ error: { code: -32001 } })
    expect(await (await ask({})).json()).toMatchObject({ code: 'PLAN_REQUIRED' })
  })
})
