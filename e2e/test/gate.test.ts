import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { listen } from '@key0/conformance/http'
import { payerProofMessage } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { requirePayment } from '@key0/middleware-express'
import { requirePayment as requireInFastify } from '@key0/middleware-fastify'
import { requirePayment as requireInHono } from '@key0/middleware-hono'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { type Receipt, type RequirePaymentOptions, readGate } from '@key0/sdk'
import { findRedis } from '@key0/test-services'
import { x402Client } from '@x402/core/client'
import { decodePaymentRequiredHeader } from '@x402/core/http'
import { registerExactEvmScheme } from '@x402/evm/exact/client'
import { type DiscoveryExtension, validateDiscoveryExtension } from '@x402/extensions/bazaar'
import { decodePaymentResponseHeader, wrapFetchWithPayment } from '@x402/fetch'
import express, { type RequestHandler } from 'express'
import { fastify } from 'fastify'
import { Hono } from 'hono'
import { Redis } from 'ioredis'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { standInForThePublicNode } from '../src/standInForThePublicNode.ts'
import { startFacilitator } from '../src/startFacilitator.ts'

/*
 * Both samples of the document, with its imports changed and its placeholders filled in. They name
 * no node, so the sandbox stands for the network's public one.
 */

let sandbox: Sandbox
const opened: { readonly close: () => Promise<void> }[] = []
beforeAll(async () => {
  sandbox = await startSandbox({ chainId: 8453 })
})
afterAll(() => sandbox.stop())
afterEach(async () => {
  vi.unstubAllGlobals()
  for (const gate of opened.splice(0)) await gate.close()
})

type Gate = RequestHandler & { ready: () => Promise<void>; close: () => Promise<void> }

/** A server with one handler behind a gate. */
async function serve(gate: Gate) {
  standInForThePublicNode(sandbox)
  opened.push(gate)
  await gate.ready()
  let served = 0
  const app = express().get('/weather', gate, (_, response) => {
    served += 1
    response.json({ served })
  })
  return listen(createServer(app))
}

const priceOf = async (url: string): Promise<{ status: number; challengeId: string }> => {
  const response = await fetch(url)
  assertAnnounced(response)
  const { challengeId } = (await response.json()) as { challengeId: string }
  return { status: response.status, challengeId }
}

/** Every offer says how to make its request, also of a gate that was told nothing about it. */
function assertAnnounced({ headers }: Response): void {
  const { extensions } = decodePaymentRequiredHeader(headers.get('payment-required') ?? '')
  expect(validateDiscoveryExtension(extensions?.bazaar as DiscoveryExtension)).toEqual({
    valid: true,
  })
  expect(extensions?.bazaar).toMatchObject({ info: { input: { type: 'http', method: 'GET' } } })
}

const pay = (): Promise<`0x${string}`> =>
  sandbox.transfer(sandbox.wallets.buyer.address, sandbox.wallets.seller.address, 50_000n)

async function prove(url: string, challengeId: string, txHash: `0x${string}`): Promise<Response> {
  const { privateKey } = sandbox.wallets.buyer
  const message = payerProofMessage(challengeId, txHash)
  const payerSignature = await privateKeyToAccount(privateKey).signMessage({ message })
  const proof = JSON.stringify({ challengeId, txHash, payerSignature })
  return fetch(url, { headers: { 'payment-proof': Buffer.from(proof).toString('base64') } })
}

const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { code: string }).code

const yourWallet = (): `0x${string}` => sandbox.wallets.seller.address
const quiet = { warn: () => {} }

describe('sample 1: a shared replay store', () => {
  test('a proof redeems once, over two instances', async () => {
    const server = await findRedis()
    const client = new Redis(server.url)
    const redis = {
      exists: (key: string) => client.exists(key),
      set: (key: string, value: string, { EX }: { EX: number }) => client.set(key, value, 'EX', EX),
    }
    const open = () =>
      requirePayment({
        chain: 'base',
        token: 'USDC',
        amount: '0.05',
        payTo: yourWallet(),
        isUsed: (ref) => redis.exists(`piprail:proof:${ref}`).then(Boolean),
        markUsed: (ref) => {
          redis.set(`piprail:proof:${ref}`, '1', { EX: 900 })
        }, // ~recency window
        // An instance is a process of its own, and so has a memory of its own.
        store: createMemoryStore(),
        ...quiet,
      })
    await using one = await serve(open())
    await using other = await serve(open())
    const first = await priceOf(`${one.origin}/weather`)
    const second = await priceOf(`${other.origin}/weather`)
    expect([first.status, second.status]).toEqual([402, 402])
    const txHash = await pay()
    const paid = await prove(`${one.origin}/weather`, first.challengeId, txHash)
    expect([paid.status, await paid.json()]).toEqual([200, { served: 1 }])
    // The sample's markUsed does not wait for Redis.
    await vi.waitFor(async () => expect(await client.exists(`piprail:proof:${txHash}`)).toBe(1))
    const again = await prove(`${other.origin}/weather`, second.challengeId, txHash)
    expect([again.status, await codeOf(again)]).toEqual([409, 'PAYMENT_SPENT'])
    const repeat = await prove(`${one.origin}/weather`, first.challengeId, txHash)
    expect(await repeat.json()).toEqual({ served: 1 })
    await client.quit()
    await server.stop()
  })
})

describe('sample 2: an exact rail beside on-chain proof', () => {
  test('public software pays by the rail, and somebody else by a transfer', async () => {
    await using facilitator = await startFacilitator(sandbox)
    const receipts: Receipt[] = []
    const gate = requirePayment({
      chain: 'base',
      token: 'USDC',
      amount: '0.05',
      payTo: yourWallet(),
      exact: { settle: { facilitator: facilitator.url } },
      discovery: true, // x402scan requires an input schema
      awaitOnPaid: true,
      onPaid: (receipt) => receipts.push(receipt),
      ...quiet,
    })
    await using server = await serve(gate)
    const url = `${server.origin}/weather`
    const client = new x402Client()
    registerExactEvmScheme(client, {
      signer: privateKeyToAccount(sandbox.wallets.buyer.privateKey),
    })
    const byRail = await wrapFetchWithPayment(fetch, client)(url)
    expect([byRail.status, await byRail.json()]).toEqual([200, { served: 1 }])
    expect(facilitator.requests.length).toBeGreaterThan(0)

    const { challengeId } = await priceOf(url)
    const byHand = await prove(url, challengeId, await pay())
    expect([byHand.status, await byHand.json()]).toEqual([200, { served: 2 }])
    expect(receipts.map(({ amount, payer }) => [amount, payer])).toEqual(
      Array.from({ length: 2 }, () => ['0.05', sandbox.wallets.buyer.address]),
    )
    expect(new Set(receipts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2)
  })
})

describe('one transfer', () => {
  const terms = () =>
    ({ chain: 'base', token: 'USDC', amount: '0.05', payTo: yourWallet(), ...quiet }) as const

  test('one transfer opens one gate of a process, however many there are', async () => {
    await using one = await serve(requirePayment(terms()))
    await using other = await serve(requirePayment(terms()))
    await using dear = await serve(requirePayment({ ...terms(), name: 'Another of theirs' }))
    const urls = [one, other, dear].map(({ origin }, index) => `${origin}/weather?gate=${index}`)
    const asked = await Promise.all(urls.map(priceOf))
    const txHash = await pay()
    const answers: (number | string)[] = []
    for (const [index, url] of urls.entries()) {
      const answer = await prove(url, asked[index]?.challengeId ?? '', txHash)
      answers.push(answer.status === 200 ? 200 : await codeOf(answer))
    }
    expect(answers).toEqual([200, 'PAYMENT_SPENT', 'PAYMENT_SPENT'])
  })

  test('two gates with one store do not redeem each other’s offers', async () => {
    const store = createMemoryStore()
    const open = (publicUrl: string) => serve(requirePayment({ ...terms(), store, publicUrl }))
    await using one = await open('https://one.example')
    await using other = await open('https://other.example')
    const { challengeId } = await priceOf(`${one.origin}/weather`)
    const txHash = await pay()
    const elsewhere = await prove(`${other.origin}/weather`, challengeId, txHash)
    expect([elsewhere.status, await codeOf(elsewhere)]).toEqual([409, 'REQUEST_CONFLICT'])
    const bought = await prove(`${one.origin}/weather`, challengeId, txHash)
    expect([bought.status, await bought.json()]).toEqual([200, { served: 1 }])
  })

  test('a payment by exact is no proof for another instance that shares isUsed and markUsed', async () => {
    await using facilitator = await startFacilitator(sandbox)
    const used = new Set<string>()
    const shared = {
      isUsed: (ref: string) => used.has(ref),
      markUsed: (ref: string) => !used.has(ref) && used.add(ref) && true,
    }
    const exact = { settle: { facilitator: facilitator.url } }
    // An instance is a process of its own, and so has a memory of its own.
    const open = () =>
      serve(requirePayment({ ...terms(), ...shared, exact, store: createMemoryStore() }))
    await using one = await open()
    await using other = await open()
    const { challengeId } = await priceOf(`${other.origin}/weather`)
    const client = new x402Client()
    registerExactEvmScheme(client, {
      signer: privateKeyToAccount(sandbox.wallets.buyer.privateKey),
    })
    const paid = await wrapFetchWithPayment(fetch, client)(`${one.origin}/weather`)
    const { transaction } = decodePaymentResponseHeader(paid.headers.get('payment-response') ?? '')
    const again = await prove(`${other.origin}/weather`, challengeId, transaction as `0x${string}`)
    expect([paid.status, again.status, await codeOf(again)]).toEqual([200, 409, 'PAYMENT_SPENT'])
    expect([...used]).toEqual([transaction.toLowerCase()])
  })
})

test('without a rail no signature is taken, and no facilitator is asked', async () => {
  const options: RequirePaymentOptions = {
    ...{ chain: 'base', token: 'USDC', amount: '0.05', payTo: yourWallet(), ...quiet },
  }
  await using server = await serve(requirePayment(options))
  const response = await fetch(`${server.origin}/weather`)
  const { paymentRequired } = (await response.json()) as {
    paymentRequired: { accepts: { scheme: string }[] }
  }
  expect(paymentRequired.accepts.map(({ scheme }) => scheme)).toEqual(['onchain-proof'])
  const client = new x402Client()
  registerExactEvmScheme(client, { signer: privateKeyToAccount(sandbox.wallets.buyer.privateKey) })
  await expect(wrapFetchWithPayment(fetch, client)(`${server.origin}/weather`)).rejects.toThrow()
  expect(readGate(options).config).toMatchObject({ exact: false })
})

const inOtherFrameworks: readonly [
  string,
  (options: RequirePaymentOptions) => Promise<{ server: Server; close: () => Promise<void> }>,
][] = [
  [
    'Fastify',
    async (options) => {
      const gate = requireInFastify(options)
      const app = fastify()
      app.get('/weather', { onRequest: gate }, ({ key0Payment }) => ({
        payer: key0Payment?.fromAddress,
      }))
      await Promise.all([gate.ready(), app.ready()])
      return { server: app.server, close: gate.close }
    },
  ],
  [
    'Hono',
    async (options) => {
      const gate = requireInHono(options)
      const app = new Hono().get('/weather', gate, (c) =>
        c.json({ payer: c.get('key0Payment').fromAddress }),
      )
      await gate.ready()
      return { server: createAdaptorServer({ fetch: app.fetch }) as Server, close: gate.close }
    },
  ],
]

test.each(inOtherFrameworks)('the same gate stands in %s', async (_, build) => {
  standInForThePublicNode(sandbox)
  const receipts: Receipt[] = []
  const { server, close } = await build({
    ...{ chain: 'base', token: 'USDC', amount: '0.05', payTo: yourWallet(), ...quiet },
    ...{ awaitOnPaid: true, onPaid: (receipt) => receipts.push(receipt) },
  })
  opened.push({ close })
  await using open = await listen(server)
  const url = `${open.origin}/weather`
  const { status, challengeId } = await priceOf(url)
  const paid = await prove(url, challengeId, await pay())
  const payer = sandbox.wallets.buyer.address
  expect([status, paid.status, await paid.json()]).toEqual([402, 200, { payer }])
  expect(receipts).toMatchObject([{ payer, resource: 'GET /weather' }])
})
