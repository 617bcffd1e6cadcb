import { createA2aAgent, createHttpAgent, type Sandbox, startSandbox } from '@key0/sandbox'
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
import { freePort } from '../crash/freePort.ts'
import { gatewayEnv, price, refundEnv, walletOf } from '../crash/gatewayEnv.ts'
import { openShared } from '../crash/openShared.ts'
import { type Backend, startBackend } from '../crash/startBackend.ts'
import { startGateway } from '../crash/startGateway.ts'
import { stopServers } from '../src/servers.ts'

// Two gateways, a process each, that share nothing but a store: what one began the other goes on
// with. Payments are made by x402Client, tasks by the SDK's clients, both as they are published.

describe.each(['redis', 'postgres'] as const)('two gateways on %s', (store) => {
  let stack: AsyncDisposableStack
  let chain: Sandbox<string>
  let backend: Backend
  let here: string
  let there: string

  beforeAll(async () => {
    stack = new AsyncDisposableStack()
    chain = stack.use(await startSandbox<string>())
    backend = stack.use(await startBackend())
    const { env } = await openShared(store, stack)
    const open = async (gas: string): Promise<string> => {
      const url = `http://127.0.0.1:${await freePort()}`
      const gateway = await startGateway({
        ...gatewayEnv(chain, url),
        ...refundEnv(chain),
        // Long enough for whoever is paid to begin to deliver, also when the other noticed it first.
        REFUND_MIN_AGE_MS: '1000',
        KEY0_RPC_URL: chain.rpcUrl,
        ...env,
        GAS_WALLET_PRIVATE_KEY: walletOf(chain, gas).privateKey,
        ISSUE_TOKEN_API: `${backend.url}/internal/issue-token`,
      })
      stack.defer(() => gateway.kill())
      return url
    }
    here = await open('gas')
    there = await open('gas2')
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
    test('buys a plan; what it lost it gets again, from either gateway, and pays once', async () => {
      const before = await balance()
      const [near, far] = [await create(here), await create(there)]
      const asked = await near.send({ data: { planId: 'report' } })
      expect(asked).toMatchObject({
        state: 'input-required',
        metadata: { 'x402.payment.status': 'payment-required' },
      })
      const metadata = await sign(asked)
      const bought = await far.send({ taskId: asked.id, contextId: asked.contextId, metadata })
      expect(bought).toMatchObject({
        ...{ id: asked.id, contextId: asked.contextId, state: 'completed' },
        metadata: {
          'x402.payment.status': 'payment-completed',
          'x402.payment.receipts': [{ success: true, network: 'eip155:84532' }],
        },
      })
      const again = [
        await near.send({ taskId: asked.id, metadata }),
        await far.send({ taskId: asked.id, metadata: await sign(asked) }),
      ]
      for (const { state, grant } of again)
        expect({ state, grant }).toEqual({ state: 'completed', grant: bought.grant })
      expect(await near.get(asked.id)).toMatchObject({ state: 'completed', grant: undefined })
      expect(before - (await balance())).toBe(price)
    })
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
    expect(await a2a.readCard()).toMatchObject({ skills: [{ id: 'request-access' }, {}] })
    const bought = [
      await a2a.buy({ planId: 'report' }),
      await http.buy('/x402/access', { planId: 'report' }),
    ]
    for (const { content, settlement } of bought) {
      expect(content).toMatchObject({ type: 'AccessGrant', txHash: settlement.transaction })
      expect(settlement).toMatchObject({ success: true, network: 'eip155:84532' })
    }
    expect(before - (await balance())).toBe(2n * price)
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
