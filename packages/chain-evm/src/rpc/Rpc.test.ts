import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { Key0Error } from '@key0/core'
import { type RpcProxy, rpcFaults, type Sandbox, startRpcProxy, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createEvmChain } from '../chain/createEvmChain.ts'
import { chains } from '../chains/chains.ts'
import { createEndpoint } from './Endpoint.ts'
import { parseRpcUrls } from './Rpc.ts'

let sandbox: Sandbox
let first: RpcProxy
let second: RpcProxy
beforeAll(async () => {
  sandbox = await startSandbox()
  first = await startRpcProxy({ target: sandbox.rpcUrl })
  second = await startRpcProxy({ target: sandbox.rpcUrl })
})
beforeEach(() => {
  for (const proxy of [first, second]) {
    proxy.clear()
    proxy.clearCalls()
  }
})
afterAll(async () => {
  await first.close()
  await second.close()
  await sandbox.stop()
})

const secret = 'v3/s3cr3t-k3y'

async function fail(options: Partial<Parameters<typeof createEvmChain>[0]>): Promise<Key0Error> {
  try {
    await createEvmChain({ network: 'testnet', timeoutMs: 300, ...options })
  } catch (error) {
    if (Key0Error.is(error)) return error
    throw error
  }
  throw new Error('it was created')
}

test('the first node that answers is used, in the order given', async () => {
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: [first.url, second.url] })
  first.clearCalls()
  second.clearCalls()
  await chain.head()
  expect([first.count(), second.count()]).toEqual([1, 0])
  first.add(rpcFaults.rateLimit())
  await chain.head()
  expect([first.count(), second.count()]).toEqual([2, 1])
  // A node that failed is spared for a while.
  await chain.head()
  expect([first.count(), second.count()]).toEqual([2, 2])
})

test('a connection that breaks once is tried again, a node that hangs is not', async () => {
  const rpcUrls = first.url
  const chain = await createEvmChain({ network: 'testnet', rpcUrls, timeoutMs: 200 })
  first.clearCalls()
  first.add({ effect: { kind: 'dropBefore' }, times: 1 })
  await chain.head()
  expect(first.count()).toBe(2)
  first.clearCalls()
  first.add({ effect: { kind: 'hang' }, times: 1 })
  await expect(chain.head()).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
  expect(first.count()).toBe(1)
})

test('a node that is down at the start does not keep the gateway down', async () => {
  const rule = first.add({ effect: { kind: 'dropBefore' } })
  const rpcUrls = `${first.url}, ${second.url}`
  const chain = await createEvmChain({ network: 'testnet', rpcUrls })
  expect((await chain.head()).number).toBe(await sandbox.blockNumber())
  rule.remove()
})

test('a node of another chain stops the start, whichever it is in the list', async () => {
  second.add(rpcFaults.wrongChainId(1))
  const error = await fail({ rpcUrls: [first.url, second.url] })
  expect(error.code).toBe('CHAIN_MISMATCH')
  expect(error.facts).toMatchObject({ field: 'chainId', expected: '84532', found: '1' })
})

test('a node that comes up later is not asked anything before it shows its chain', async () => {
  const rule = first.add({ effect: { kind: 'dropBefore' } })
  const rpcUrls = [first.url, second.url]
  let now = Date.now()
  const chain = await createEvmChain({ network: 'testnet', rpcUrls, clock: { nowMs: () => now } })
  rule.remove()
  now += 60_000
  first.add(rpcFaults.wrongChainId(10))
  first.clearCalls()
  await chain.head()
  expect(first.calls().map(({ method }) => method)).toEqual(['eth_chainId'])
})

test('a token that is not the configured one stops the start, with the difference', async () => {
  const row = chains.find(({ name }) => name === 'testnet')
  if (!row) throw new Error('no row')
  const [token] = row.tokens
  const withToken = async (change: object): Promise<Key0Error> =>
    await fail({ network: { ...row, tokens: [{ ...token, ...change }] }, rpcUrls: first.url })
  const named = await withToken({ domain: { name: 'USD Coin', version: '2' } })
  expect(named.code).toBe('CHAIN_MISMATCH')
  expect(named.facts).toMatchObject({
    field: 'token.name',
    expected: 'USD Coin',
    found: 'USDC',
  })
  const versioned = await withToken({ domain: { name: 'USDC', version: '1' } })
  expect(versioned.facts).toMatchObject({ field: 'token.version', expected: '1', found: '2' })
  const counted = await withToken({ decimals: 18 })
  expect(counted.facts).toMatchObject({ field: 'token.decimals', expected: '18', found: '6' })
  const absent = await withToken({ address: sandbox.wallets.stranger.address })
  expect(absent.facts).toMatchObject({ field: 'token.name', found: 'nothing' })
  first.add({
    method: 'eth_call',
    when: ([call]) => (call as { data?: string }).data?.startsWith('0x3644e515') ?? false,
    effect: { kind: 'rewrite', result: () => `0x${'11'.repeat(32)}` },
  })
  expect((await withToken({})).facts.field).toBe('token.separator')
})

test('no error shows the access key in a node’s URL', async () => {
  first.add({ method: 'eth_chainId', effect: { kind: 'status', status: 401, body: 'no' } })
  const errors = [
    await fail({ rpcUrls: `${first.url}/${secret}?key=${secret}` }),
    await fail({ rpcUrls: `http://user:s3cr3t@127.0.0.1:1/${secret}` }),
    await fail({ rpcUrls: `ftp://host/${secret}` }),
    await fail({ rpcUrls: [`not a url ${secret}`] }),
  ]
  expect(errors.map(({ code }) => code)).toEqual([
    'CHAIN_UNREACHABLE',
    'CHAIN_UNREACHABLE',
    'CONFIG_INVALID',
    'CONFIG_INVALID',
  ])
  first.clear()
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: `${first.url}/${secret}` })
  expect(inspect(chain, { depth: 9, showHidden: true })).not.toContain('s3cr3t')
  first.add({
    effect: { kind: 'error', code: -32_000, message: `bad key at ${first.url}/${secret}` },
  })
  errors.push(
    await chain.head().then(
      () => new Key0Error('INTERNAL'),
      (error) => error,
    ),
  )
  expect(errors.at(-1)?.code).toBe('CHAIN_UNREACHABLE')
  for (const error of errors) expect(inspect(error, { depth: 9 })).not.toContain('s3cr3t')
})

test('a user in the URL becomes a header', async () => {
  let seen: string | undefined
  const server = createServer((request, response) => {
    seen = request.headers.authorization
    response.end('{"jsonrpc":"2.0","id":1,"result":"0x1"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const endpoint = createEndpoint(new URL(`http://me:p%40ss@127.0.0.1:${port}/`), 1_000)
  expect(await endpoint.request('eth_chainId', [])).toBe('0x1')
  expect(seen).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('an answer is matched by its id: one left out of a batch lends no other its place', async () => {
  type Message = { readonly id: number; readonly method: string }
  let mode: 'omits' | 'object' = 'omits'
  const server = createServer((request, response) => {
    request.setEncoding('utf8').once('data', (text: string) => {
      const sent = JSON.parse(text) as Message | Message[]
      const reply = ({ id, method }: Message): object => ({ jsonrpc: '2.0', id, result: method })
      if (!Array.isArray(sent)) return response.end(JSON.stringify(reply(sent)))
      if (mode === 'object') return response.end('{"error":{"code":-32600,"message":"no batches"}}')
      const kept = sent.filter(({ method }) => method !== 'a').reverse()
      return response.end(JSON.stringify(kept.map(reply)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const endpoint = createEndpoint(new URL(`http://127.0.0.1:${port}/`), 1_000)
  const ask = async (): Promise<readonly unknown[]> => {
    const asked = ['a', 'b', 'c'].map(async (it) => await endpoint.request(it, []))
    const settled = await Promise.allSettled(asked)
    return settled.map((it) => (it.status === 'fulfilled' ? it.value : it.reason.name))
  }
  expect(await ask()).toEqual(['RpcUnreachable', 'b', 'c'])
  mode = 'object'
  expect(await ask()).toEqual(['a', 'b', 'c'])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

test('URLs are read from one text or a list', () => {
  const hosts = (urls: string | readonly string[]): readonly string[] =>
    parseRpcUrls(urls).map(({ host }) => host)
  expect(hosts(' https://a.example/x , http://b.example:1,')).toEqual(['a.example', 'b.example:1'])
  expect(hosts(['https://a.example'])).toEqual(['a.example'])
  expect(() => parseRpcUrls(' , ')).toThrow('rpcUrls')
})
