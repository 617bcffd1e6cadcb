import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createPublicClient, http, keccak256, type PublicClient } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../startSandbox.ts'
import { rpcFaults } from './rpcFaults.ts'
import { type RpcProxy, startRpcProxy } from './startRpcProxy.ts'

let sandbox: Sandbox
let proxy: RpcProxy
let client: PublicClient
beforeAll(async () => {
  sandbox = await startSandbox()
  proxy = await startRpcProxy({ target: sandbox.rpcUrl })
  client = createPublicClient({
    transport: http(proxy.url, { retryCount: 0 }),
    cacheTime: 0,
    pollingInterval: 10,
  })
})
afterEach(() => {
  proxy.clear()
  proxy.clearCalls()
})
afterAll(async () => {
  await proxy.close()
  await sandbox.stop()
})

const call = (method: string, params: readonly unknown[] = [], id: unknown = 1): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
})

const post = async (body: unknown, signal?: AbortSignal): Promise<Response> =>
  await fetch(proxy.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal && { signal }),
  })

const sendRaw = async (nonceOffset = 0): Promise<`0x${string}`> => {
  const { buyer, seller } = sandbox.wallets
  const account = privateKeyToAccount(buyer.privateKey)
  const direct = createPublicClient({ transport: http(sandbox.rpcUrl), cacheTime: 0 })
  return await account.signTransaction({
    chainId: sandbox.chainId,
    type: 'eip1559',
    nonce: (await direct.getTransactionCount({ address: buyer.address })) + nonceOffset,
    to: seller.address,
    value: 1n,
    gas: 21_000n,
    maxFeePerGas: 10n ** 11n,
    maxPriorityFeePerGas: 10n ** 9n,
  })
}

const directReceipt = async (hash: `0x${string}`): Promise<unknown> =>
  await createPublicClient({ transport: http(sandbox.rpcUrl) })
    .getTransactionReceipt({ hash })
    .catch(() => null)

test('without rules the proxy changes nothing, and counts calls', async () => {
  expect(await client.getChainId()).toBe(84532)
  const batch = [call('eth_chainId', [], 'a'), call('eth_blockNumber', [], 7)]
  const replies = (await (await post(batch)).json()) as object[]
  expect(replies).toEqual([
    { jsonrpc: '2.0', id: 'a', result: '0x14a34' },
    { jsonrpc: '2.0', id: 7, result: '0x14' },
  ])
  expect(proxy.count()).toBe(3)
  expect(proxy.count('eth_chainId')).toBe(2)
  expect(proxy.calls().map(({ method, inBatch, fate }) => [method, inBatch, fate])).toEqual([
    ['eth_chainId', false, 'forwarded'],
    ['eth_chainId', true, 'forwarded'],
    ['eth_blockNumber', true, 'forwarded'],
  ])
  const unknown = (await (await post(call('no_such'))).json()) as { error: { code: number } }
  expect(unknown.error.code).toBeLessThan(0)
  expect((await post('{not json')).status).toBeGreaterThan(199)
})

test('status: a rate limit strikes as often as told, and nothing is forwarded', async () => {
  const rule = proxy.add({ ...rpcFaults.rateLimit(2), times: 2, skip: 1 })
  expect((await post(call('eth_chainId'))).status).toBe(200)
  const limited = await post(call('eth_chainId'))
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '2'])
  expect((await post(call('eth_chainId'))).status).toBe(429)
  expect((await post(call('eth_chainId'))).status).toBe(200)
  expect(rule.hits()).toBe(2)
  expect(proxy.calls().map(({ fate }) => fate)).toEqual([
    'forwarded',
    'refused',
    'refused',
    'forwarded',
  ])
})

test('rules match by method and parameters, and can be switched', async () => {
  const { buyer, seller } = sandbox.wallets
  const rule = proxy.add({
    method: ['eth_getBalance', 'eth_getCode'],
    when: ([address]) => address === seller.address,
    effect: { kind: 'error', code: -32005, message: 'limit exceeded', data: { wait: 1 } },
  })
  expect(await client.getBalance({ address: buyer.address })).toBeGreaterThan(0n)
  await expect(client.getBalance({ address: seller.address })).rejects.toMatchObject({
    details: 'limit exceeded',
  })
  rule.disable()
  expect(await client.getBalance({ address: seller.address })).toBeGreaterThan(0n)
  rule.enable()
  await expect(client.getBalance({ address: seller.address })).rejects.toThrow()
  rule.remove()
  expect(await client.getBalance({ address: seller.address })).toBeGreaterThan(0n)
  expect(rule.hits()).toBe(2)
})

test('dropBefore: the transaction never reaches the chain', async () => {
  proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropBefore' } })
  const raw = await sendRaw()
  await expect(post(call('eth_sendRawTransaction', [raw]))).rejects.toThrow('fetch failed')
  expect(await directReceipt(keccak256(raw))).toBeNull()
})

test('dropAfter: the caller sees a broken connection, and the chain has the transaction', async () => {
  proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'dropAfter' }, times: 1 })
  const raw = await sendRaw()
  await expect(post(call('eth_sendRawTransaction', [raw]))).rejects.toThrow('fetch failed')
  const settled = await proxy.waitForCall('eth_sendRawTransaction', { until: 'settled' })
  expect(settled).toMatchObject({ fate: 'forwarded', effects: ['dropAfter'] })
  expect(await client.waitForTransactionReceipt({ hash: keccak256(raw) })).toMatchObject({
    status: 'success',
  })
})

test('hang and hangAfter: no answer comes, and only the second is executed', async () => {
  const first = await sendRaw()
  proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'hang' }, times: 1 })
  proxy.add({ method: 'eth_sendRawTransaction', effect: { kind: 'hangAfter' }, times: 1 })
  const patience = new AbortController()
  let isAnswered = false
  const hung = [first, first].map(async (raw, index) => {
    if (index === 1) await proxy.waitForCall('eth_sendRawTransaction', { until: 'settled' })
    return await post(call('eth_sendRawTransaction', [raw]), patience.signal).then(() => {
      isAnswered = true
    })
  })
  await proxy.waitForCall('eth_sendRawTransaction', { nth: 2, until: 'settled' })
  await client.waitForTransactionReceipt({ hash: keccak256(first) })
  expect(isAnswered).toBe(false)
  expect(proxy.calls().slice(0, 2)).toMatchObject([{ fate: 'refused' }, { fate: 'forwarded' }])
  patience.abort()
  expect((await Promise.allSettled(hung)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ])
})

test('hold and delay: the call goes on when it is let go', async () => {
  const gate = Promise.withResolvers<void>()
  proxy.add({ method: 'eth_chainId', effect: { kind: 'hold', until: gate.promise } })
  const asked = client.getChainId()
  const held = await proxy.waitForCall('eth_chainId')
  expect(held.fate).toBe('open')
  gate.resolve()
  expect(await asked).toBe(84532)
  proxy.clear()
  proxy.add({ method: 'eth_chainId', effect: { kind: 'delay', ms: 60 } })
  const from = performance.now()
  await client.getChainId()
  expect(performance.now() - from).toBeGreaterThanOrEqual(55)
})

test('a node may lie about a receipt, have none, or be on another chain', async () => {
  const raw = await sendRaw()
  const hash = await client.sendRawTransaction({ serializedTransaction: raw })
  await client.waitForTransactionReceipt({ hash })
  const lie = proxy.add(rpcFaults.lyingReceipt({ status: '0x0' }))
  expect((await client.getTransactionReceipt({ hash })).status).toBe('reverted')
  lie.remove()
  proxy.add({ ...rpcFaults.nullReceipt(), times: 1 })
  await expect(client.getTransactionReceipt({ hash })).rejects.toThrow('could not be found')
  expect((await client.getTransactionReceipt({ hash })).status).toBe('success')
  proxy.add(rpcFaults.wrongChainId(1))
  expect(await client.getChainId()).toBe(1)
})

test('a stale node knows nothing after its head', async () => {
  const head = await sandbox.blockNumber()
  const { buyer, seller } = sandbox.wallets
  const balance = await sandbox.balanceOf(seller.address)
  const hash = await sandbox.transfer(buyer.address, seller.address, 5n)
  const stale = proxy.add(rpcFaults.staleHead(head))
  expect(await client.getBlockNumber()).toBe(head)
  expect((await client.getBlock()).number).toBe(head)
  await expect(client.getTransactionReceipt({ hash })).rejects.toThrow('could not be found')
  await expect(client.getBlock({ blockNumber: head + 1n })).rejects.toThrow('could not be found')
  const logs = { address: sandbox.usdc.address, fromBlock: 0n, toBlock: head + 9n }
  expect((await client.getLogs(logs)).at(-1)?.blockNumber).toBeLessThanOrEqual(head)
  const data = `0x70a08231${seller.address.slice(2).padStart(64, '0')}` as const
  const read = async (): Promise<bigint> =>
    BigInt((await client.call({ to: sandbox.usdc.address, data })).data ?? '0x')
  expect(await read()).toBe(balance)
  stale.disable()
  expect(await read()).toBe(balance + 5n)
})

test('a black hole takes a transaction and loses it', async () => {
  proxy.add(rpcFaults.blackHole(keccak256))
  const raw = await sendRaw()
  expect(await client.sendRawTransaction({ serializedTransaction: raw })).toBe(keccak256(raw))
  expect(await directReceipt(keccak256(raw))).toBeNull()
})

test("in a batch, errors and rewrites are the element's, a status is the batch's", async () => {
  const batch = [call('eth_chainId', [], 1), call('eth_blockNumber', [], 2), call('x', [], 3)]
  proxy.add({ method: 'eth_chainId', effect: { kind: 'error', code: -1, message: 'no' } })
  proxy.add({ method: 'eth_blockNumber', effect: { kind: 'rewrite', result: () => '0x1' } })
  proxy.add({ method: 'x', effect: { kind: 'answer', result: ({ method }) => method } })
  expect(await (await post(batch)).json()).toEqual([
    { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } },
    { jsonrpc: '2.0', id: 2, result: '0x1' },
    { jsonrpc: '2.0', id: 3, result: 'x' },
  ])
  expect(proxy.calls().map(({ fate }) => fate)).toEqual(['refused', 'forwarded', 'refused'])
  proxy.add({ method: 'eth_blockNumber', effect: { kind: 'status', status: 503 } })
  expect((await post(batch)).status).toBe(503)
  const batching = createPublicClient({
    transport: http(sandbox.rpcUrl, { batch: true, retryCount: 0 }),
  })
  expect(await Promise.all([batching.getChainId(), batching.getGasPrice()])).toHaveLength(2)
})

test('a node that is gone is a bad gateway', async () => {
  const gone = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => gone.once('listening', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  await using orphan = await startRpcProxy({ target: `http://127.0.0.1:${port}` })
  const response = await fetch(orphan.url, { method: 'POST', body: '{"method":"x"}' })
  expect(response.status).toBe(502)
})

test('a call that does not come is reported, and a bad rule refused', async () => {
  await expect(proxy.waitForCall('eth_never', { timeoutMs: 5 })).rejects.toMatchObject({
    code: 'call_timeout',
  })
  expect(() => proxy.add({ ...rpcFaults.nullReceipt(), times: -1 })).toThrow('times: expected')
})
