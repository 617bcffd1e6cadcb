import {
  type Address,
  authorizationRef,
  type Chain,
  type Hash,
  type PaymentEvidence,
  type TransfersQuery,
  transferRef,
} from '@key0/core'
import { type RpcProxy, type RpcRule, rpcFaults, startRpcProxy } from '@key0/sandbox'
import { getContractAddress, hexToBigInt, numberToHex, zeroAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodePlain, sendBatch } from '../../test/batch.ts'
import { askNode, price, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { findChain } from '../chains/findChain.ts'
import { topics } from '../token/receipt.ts'
import { encodeTransfer } from '../token/transferAuthorization.ts'
import { createEvmChain, type EvmChainOptions } from './createEvmChain.ts'
import type { EvmChain } from './EvmChain.ts'

let rig: TestRig
let second: RpcProxy
beforeAll(async () => {
  rig = await startRig({ slotsInAnEpoch: 1 })
  second = await startRpcProxy({ target: rig.sandbox.rpcUrl })
})
beforeEach(() => {
  for (const proxy of [rig.proxy, second]) {
    proxy.clear()
    proxy.clearCalls()
  }
})
afterAll(async () => {
  await second.close()
  await rig[Symbol.asyncDispose]()
})

/** What arrived at the seller from a block until now. */
async function list(
  fromBlock: bigint,
  { chain = rig.chain, ...more }: Partial<TransfersQuery> & { readonly chain?: Chain } = {},
): Promise<readonly PaymentEvidence[]> {
  const toBlock = await rig.sandbox.blockNumber()
  const { token, payTo: to } = rig.offer
  const direction = more.from ? {} : { to }
  return await chain.transfers({ token, ...direction, fromBlock, toBlock, ...more })
}

async function next(): Promise<bigint> {
  return (await rig.sandbox.blockNumber()) + 1n
}

async function payPlain(value = price, to = rig.offer.payTo): Promise<Hash> {
  return await rig.sandbox.transfer(rig.sandbox.wallets.buyer.address, to, value)
}

async function payAuthorized(): Promise<Hash> {
  return await rig.submitPast(await rig.pay())
}

/** A plain transfer that survives a reorganisation: the sandbox's own bear no signature. */
async function paySigned(): Promise<Hash> {
  const { buyer } = rig.sandbox.wallets
  const { token, payTo } = rig.offer
  const count = await askNode<Hash>(rig.sandbox, 'eth_getTransactionCount', [
    buyer.address,
    'latest',
  ])
  const raw = await privateKeyToAccount(buyer.privateKey).signTransaction({
    chainId: 84532,
    to: token,
    data: encodePlain(payTo, price),
    nonce: Number(count),
    gas: 200_000n,
    maxFeePerGas: 100_000_000_000n,
    maxPriorityFeePerGas: 0n,
  })
  return await askNode<Hash>(rig.sandbox, 'eth_sendRawTransaction', [raw])
}

async function connect(options: Partial<EvmChainOptions>): Promise<EvmChain> {
  const chain = await createEvmChain({ network: 'testnet', rpcUrls: rig.proxy.url, ...options })
  rig.proxy.clearCalls()
  second.clearCalls()
  return chain
}

const narrow = (logRangeBlocks: number): EvmChainOptions['network'] => ({
  ...findChain('testnet'),
  logRangeBlocks,
})

const refs = (found: readonly PaymentEvidence[]): readonly string[] =>
  found.map(({ paymentRef }) => paymentRef)

const unreachable = { code: 'CHAIN_UNREACHABLE' }

const searches = { method: 'eth_getLogs' } as const
const widthOf = ([filter]: readonly unknown[]): bigint => {
  const { fromBlock, toBlock } = filter as { readonly fromBlock: Hash; readonly toBlock: Hash }
  return hexToBigInt(toBlock) - hexToBigInt(fromBlock) + 1n
}
const asksFor = (topic: Hash): NonNullable<RpcRule['when']> => {
  return ([filter]) => (filter as { readonly topics: readonly unknown[] }).topics[0] === topic
}

test('every payment has the identity under which it is observed or presented', async () => {
  const { buyer, buyer2, stranger } = rig.sandbox.wallets
  const { token, payTo: to } = rig.offer
  const fromBlock = await next()
  const plain = await payPlain()
  const authorization = await rig.pay()
  const authorized = await rig.submitPast(authorization)
  await payPlain(0n)
  await payPlain(price, stranger.address)
  const other = await rig.sandbox.transfer(buyer2.address, to, price)

  const found = await list(fromBlock)
  expect(found.map(({ txHash }) => txHash)).toEqual([plain, authorized, other])
  const observed = await rig.chain.observe(toQuery(authorization))
  expect(found[1]).toEqual('evidence' in observed && observed.evidence)
  expect(found[1]?.paymentRef).toBe(authorizationRef({ chainId: 84532, token, ...authorization }))
  for (const evidence of found) {
    const { txHash, value } = evidence
    const seen = await rig.chain.inspect({ txHash, token, to, value, finality: 'latest' })
    expect(seen).toEqual({ kind: 'confirmed', evidence })
  }
  const sent = await list(fromBlock, { from: buyer.address })
  expect(sent.map((it) => it.to)).toEqual([to, to, stranger.address])
  const between = await list(fromBlock, { from: buyer2.address, to })
  expect(between).toEqual([found[2]])
})

test('payments that share a transaction are told apart as their receipt tells them', async () => {
  const { buyer, buyer2, stranger } = rig.sandbox.wallets
  const { token, payTo: to } = rig.offer
  const nonce = hexToBigInt(
    await askNode(rig.sandbox, 'eth_getTransactionCount', [stranger.address, 'latest']),
  )
  const contract = getContractAddress({ from: stranger.address, nonce })
  await payPlain(price, contract)
  const fromBlock = await next()
  const [one, two] = [
    await rig.pay(),
    await rig.pay({ privateKey: buyer2.privateKey, from: buyer2.address }),
  ]
  const txHash = await sendBatch(rig.sandbox, stranger.address, [
    encodePlain(to, 1n),
    encodeTransfer(one),
    encodePlain(to, 2n),
    encodePlain(to, 0n),
    encodeTransfer(two),
    encodePlain(to, 3n),
    encodePlain(to, 3n),
  ])
  const found = await list(fromBlock)
  const plainRef = (ordinal: number): string =>
    transferRef({ chainId: 84532, token, txHash, ordinal })
  // The receipt: T, Used, T, T, T(0), Used, T, T, T.
  expect(refs(found)).toEqual([
    plainRef(0),
    authorizationRef({ chainId: 84532, token, ...one }),
    plainRef(3),
    authorizationRef({ chainId: 84532, token, ...two }),
    plainRef(7),
    plainRef(8),
  ])
  for (const evidence of found.slice(0, 4)) {
    const { from, value } = evidence
    const query = { txHash, token, to, value, from, finality: 'latest' } as const
    expect(await rig.chain.inspect(query)).toEqual({ kind: 'confirmed', evidence })
  }
  expect(found.map(({ from }) => from)).toContain(buyer.address)
})

test('a provider’s narrow ranges make the search longer, not its result shorter', async () => {
  const fromBlock = await next()
  for (let times = 0; times < 4; times += 1) {
    await payPlain()
    await rig.sandbox.mine(9)
    await payAuthorized()
  }
  const all = await list(fromBlock)
  expect(all).toHaveLength(8)
  const tooWide = { ...searches, when: (params: readonly unknown[]) => widthOf(params) > 3n }
  const refusals: readonly RpcRule['effect'][] = [
    { kind: 'error', code: -32_602, message: 'eth_getLogs is limited to a 3 range' },
    { kind: 'status', status: 413, body: 'Payload Too Large' },
    { kind: 'dropBefore' },
  ]
  for (const effect of refusals) {
    const rule = rig.proxy.add({ ...tooWide, effect })
    expect(await list(fromBlock)).toEqual(all)
    expect(rule.hits()).toBeGreaterThan(0)
    rule.remove()
  }
  const chain = await connect({ timeoutMs: 1_500 })
  const slow = rig.proxy.add({ ...tooWide, effect: { kind: 'hang' }, times: 2 })
  expect(await list(fromBlock, { chain })).toEqual(all)
  expect(slow.hits()).toBe(2)
})

test('after answers in a row a wider range is tried again', async () => {
  const fromBlock = await next()
  await rig.sandbox.mine(120)
  rig.proxy.add({ ...searches, effect: { kind: 'error', code: -32_005, message: '' }, times: 5 })
  await list(fromBlock)
  const widths = rig.proxy
    .calls()
    .flatMap(({ method, params }) => (method === 'eth_getLogs' ? [Number(widthOf(params))] : []))
  expect(widths.slice(0, 6)).toEqual([120, 60, 30, 15, 7, 3])
  expect(widths.slice(5, 13)).toEqual(Array(8).fill(3))
  expect(widths.slice(13, 21)).toEqual(Array(8).fill(6))
  expect(widths[21]).toBe(12)
})

test('one block that cannot be read makes the whole list unknown, not shorter', async () => {
  const fromBlock = await next()
  await payPlain()
  const broken = numberToHex(await next())
  await payPlain()
  await payPlain()
  const holdsIt: RpcRule['when'] = ([filter]) => {
    const range = filter as { readonly fromBlock: Hash; readonly toBlock: Hash }
    return range.fromBlock <= broken && broken <= range.toBlock
  }
  const effect = { kind: 'error', code: -32_000, message: 'missing trie node' } as const
  rig.proxy.add({ ...searches, when: holdsIt, effect })
  await expect(list(fromBlock)).rejects.toMatchObject(unreachable)
  rig.proxy.clear()
  rig.proxy.add({ ...searches, effect: { kind: 'answer', result: () => null } })
  await expect(list(fromBlock)).rejects.toMatchObject(unreachable)
})

test('a payment that a reorganisation moves behind the reader is not missed', async () => {
  await rig.sandbox.mine(8)
  const fromBlock = await next()
  await rig.sandbox.mine(6)
  const txHash = await paySigned()
  const chain = await connect({ network: narrow(2) })
  // Two parts were read, without it, when it moves from the last part into the first.
  const moved = Promise.withResolvers<void>()
  rig.proxy.add({ ...searches, skip: 3, times: 1, effect: { kind: 'hold', until: moved.promise } })
  const listing = list(fromBlock, { chain })
  await rig.proxy.waitForCall('eth_getLogs', { nth: 4 })
  await rig.sandbox.reorg(7, { keep: [txHash] })
  moved.resolve()
  const found = await listing
  expect(found).toMatchObject([{ txHash, block: { number: fromBlock } }])
  expect(
    await rig.chain.inspect({
      ...{ txHash, token: rig.offer.token, to: rig.offer.payTo, value: price, finality: 'latest' },
    }),
  ).toEqual({ kind: 'confirmed', evidence: found[0] })
})

test('a payment that a reorganisation moves into what was just read is not missed', async () => {
  await rig.sandbox.mine(8)
  const fromBlock = await next()
  await rig.sandbox.mine(2)
  const toBlock = await rig.sandbox.blockNumber()
  const txHash = await paySigned()
  // Asked for at first, with the search, and at the end: then it has been replaced.
  const moved = Promise.withResolvers<void>()
  const effect = { kind: 'hold', until: moved.promise } as const
  const when: RpcRule['when'] = ([number]) => number === numberToHex(toBlock)
  rig.proxy.add({ method: 'eth_getBlockByNumber', when, skip: 2, times: 1, effect })
  const listing = list(fromBlock, { toBlock })
  await rig.proxy.waitForCall('eth_getBlockByNumber', { nth: 3 })
  await rig.sandbox.reorg(3, { keep: [txHash] })
  moved.resolve()
  expect(await listing).toMatchObject([{ txHash, block: { number: fromBlock } }])
})

test('a payment that a reorganisation undoes is not listed', async () => {
  await rig.sandbox.mine(8)
  const fromBlock = await next()
  const txHash = await payPlain()
  const undone = Promise.withResolvers<void>()
  // Its log was answered and its receipt is asked for when its block goes away.
  const effect = { kind: 'hold', until: undone.promise } as const
  rig.proxy.add({ method: 'eth_getTransactionReceipt', times: 1, effect })
  const listing = list(fromBlock)
  await rig.proxy.waitForCall('eth_getTransactionReceipt')
  await rig.sandbox.reorg(1)
  undone.resolve()
  expect(await listing).toEqual([])
  expect(txHash).toMatch(/^0x/)
})

test('logs of another block than the chain’s are never listed', async () => {
  const fromBlock = await next()
  await payAuthorized()
  const rewrite = (change: object): RpcRule => ({
    ...searches,
    effect: {
      kind: 'rewrite',
      result: (logs) => (logs as readonly object[]).map((log) => ({ ...log, ...change })),
    },
  })
  rig.proxy.add(rewrite({ blockHash: `0x${'ab'.repeat(32)}` }))
  await expect(list(fromBlock)).rejects.toMatchObject(unreachable)
  rig.proxy.clear()
  rig.proxy.add(rewrite({ removed: true }))
  expect(await list(fromBlock)).toEqual([])
})

test('a chain that changes at every reading is unreachable after three', async () => {
  const fromBlock = await next()
  await payPlain()
  let version = 0
  const effect: RpcRule['effect'] = {
    kind: 'rewrite',
    result: (block) => {
      version += 1
      return { ...(block as object), hash: numberToHex(version, { size: 32 }) }
    },
  }
  await rig.sandbox.mine(1)
  const onlyLast = numberToHex(await rig.sandbox.blockNumber())
  rig.proxy.add({ method: 'eth_getBlockByNumber', when: ([it]) => it === onlyLast, effect })
  await expect(list(fromBlock)).rejects.toMatchObject(unreachable)
  expect(rig.proxy.count('eth_getLogs')).toBe(3 * 2)
})

test('a node that lags does not say that nobody paid', async () => {
  const fromBlock = await next()
  await payPlain()
  rig.proxy.add(rpcFaults.staleHead(fromBlock - 1n))
  await expect(list(fromBlock)).rejects.toMatchObject(unreachable)
  expect(rig.proxy.count('eth_getLogs')).toBe(0)
  expect(rig.proxy.count()).toBe(3)
  // A node that is further answers instead.
  const chain = await connect({ rpcUrls: [rig.proxy.url, second.url] })
  expect(await list(fromBlock, { chain })).toHaveLength(1)
  // One of the nodes behind a URL has the block, another one that answers the search has not.
  rig.proxy.clear()
  const none = { kind: 'answer', result: () => null } as const
  rig.proxy.add({ method: 'eth_getBlockByNumber', skip: 1, effect: none })
  rig.proxy.add({ ...searches, effect: { kind: 'answer', result: () => [] } })
  await expect(list(fromBlock)).rejects.toMatchObject(unreachable)
  rig.proxy.clear()
  rig.proxy.add({
    method: 'eth_getTransactionReceipt',
    effect: { kind: 'answer', result: () => null },
  })
  await expect(list(fromBlock)).rejects.toMatchObject(unreachable)
})

test('a node on another fork does not complete what a node of ours began', async () => {
  const fromBlock = await next()
  await payPlain()
  const chain = await connect({ rpcUrls: [rig.proxy.url, second.url] })
  rig.proxy.add({
    ...searches,
    effect: { kind: 'error', code: -32_000, message: 'internal error' },
  })
  const fork = (block: unknown): unknown => ({ ...(block as object), hash: `0x${'cd'.repeat(32)}` })
  second.add({ method: 'eth_getBlockByNumber', effect: { kind: 'rewrite', result: fork } })
  second.add({ ...searches, effect: { kind: 'answer', result: () => [] } })
  await expect(list(fromBlock, { chain })).rejects.toMatchObject(unreachable)
})

test('no lag and no fail-over gives an authorized payment a second identity', async () => {
  const fromBlock = await next()
  const authorization = await rig.pay()
  await rig.submitPast(authorization)
  const { token } = rig.offer
  const ref = authorizationRef({ chainId: 84532, token, ...authorization })
  const chain = await connect({ rpcUrls: [rig.proxy.url, second.url] })
  const failsAfterTransfers = (): void => {
    const effect = { kind: 'error', code: -32_000, message: 'internal error' } as const
    rig.proxy.add({ ...searches, when: asksFor(topics.used), effect })
  }
  // The second node lags as a whole: it may not complete what the first one began.
  failsAfterTransfers()
  second.add(rpcFaults.staleHead(fromBlock - 1n))
  await expect(list(fromBlock, { chain })).rejects.toMatchObject(unreachable)
  // It has the blocks, but its log index lacks the AuthorizationUsed that the search asks for.
  second.clear()
  const none = { kind: 'answer', result: () => [] } as const
  second.add({ ...searches, when: asksFor(topics.used), effect: none })
  expect(refs(await list(fromBlock, { chain }))).toEqual([ref])
  // Neither has it.
  rig.proxy.clear()
  rig.proxy.add({ ...searches, when: asksFor(topics.used), effect: none })
  expect(refs(await list(fromBlock, { chain }))).toEqual([ref])
  // Nor the receipt: then nothing is said at all.
  for (const proxy of [rig.proxy, second]) proxy.add(rpcFaults.nullReceipt())
  await expect(list(fromBlock, { chain })).rejects.toMatchObject(unreachable)
})

test('a range in which nobody paid is empty, and costs one search', async () => {
  const fromBlock = await next()
  await rig.sandbox.mine(20)
  expect(await list(fromBlock)).toEqual([])
  expect(rig.proxy.count('eth_getLogs')).toBe(1)
  expect(rig.proxy.count()).toBe(4)
  expect(await list(fromBlock, { toBlock: fromBlock - 1n })).toEqual([])
  expect(rig.proxy.count()).toBe(4)
})

test('what several wallets received is found by one search, each under its own name', async () => {
  const { stranger } = rig.sandbox.wallets
  const fromBlock = await next()
  await payPlain()
  await payPlain(2n, stranger.address)
  const authorized = await payAuthorized()
  rig.proxy.clearCalls()
  const to = [stranger.address, rig.offer.payTo]
  const found = await list(fromBlock, { to })
  expect(rig.proxy.count('eth_getLogs')).toBe(2)
  expect(found.map((it) => [it.to, it.value])).toEqual([
    [rig.offer.payTo, price],
    [stranger.address, 2n],
    [rig.offer.payTo, price],
  ])
  expect(found[2]).toMatchObject({
    txHash: authorized,
    paymentRef: expect.stringMatching(/^auth:/),
  })
  const alone = await Promise.all(to.map((payee) => list(fromBlock, { to: payee })))
  expect(new Set(alone.flat().map(({ paymentRef }) => paymentRef))).toEqual(
    new Set(found.map(({ paymentRef }) => paymentRef)),
  )
  expect(await list(fromBlock, { to: [] })).toEqual([])
})

test('what this chain cannot list is refused, not empty', async () => {
  const { token } = rig.offer
  const range = { fromBlock: 0n, toBlock: 1n }
  await expect(rig.chain.transfers({ token, ...range })).rejects.toThrow(/payer or their payee/)
  const query = { token: zeroAddress as Address, to: rig.offer.payTo, ...range }
  await expect(rig.chain.transfers(query)).rejects.toMatchObject(unreachable)
})

test('500 payments of both kinds are found by few questions', async () => {
  const fromBlock = await next()
  await rig.sandbox.setAutomine(false)
  const hashes: Hash[] = []
  for (let block = 0; block < 10; block += 1) {
    const pairs = Array.from({ length: 25 }, async () => [
      await payPlain(1n),
      await rig.submitPast(await rig.pay({ value: 1n })),
    ])
    hashes.push(...(await Promise.all(pairs)).flat())
    await rig.sandbox.mine(1)
  }
  await rig.sandbox.setAutomine(true)
  rig.proxy.clearCalls()
  const found = await list(fromBlock)
  expect(found).toHaveLength(500)
  expect(new Set(found.map(({ txHash }) => txHash))).toEqual(new Set(hashes))
  expect(new Set(refs(found)).size).toBe(500)
  expect(refs(found).filter((ref) => ref.startsWith('auth:'))).toHaveLength(250)
  // Two searches, a receipt for each plain transfer, a header for each block, the last one's thrice.
  expect(rig.proxy.count('eth_getLogs')).toBe(2)
  expect(rig.proxy.count('eth_getTransactionReceipt')).toBe(250)
  expect(rig.proxy.count('eth_getBlockByNumber')).toBe(9 + 3)
})

test('the head is the newest block as deep as asked', async () => {
  await rig.sandbox.mine(3)
  const number = await rig.sandbox.blockNumber()
  expect((await rig.chain.head()).number).toBe(number)
  expect((await rig.chain.head('latest')).number).toBe(number)
  expect((await rig.chain.head('safe')).number).toBe(number - 1n)
  const final = await rig.chain.head('finalized')
  const { hash } = await askNode<{ hash: Hash }>(rig.sandbox, 'eth_getBlockByNumber', [
    numberToHex(number - 2n),
    false,
  ])
  expect(final).toMatchObject({ number: number - 2n, hash })
  rig.proxy.add({ effect: { kind: 'answer', result: () => null } })
  await expect(rig.chain.head('finalized')).rejects.toMatchObject(unreachable)
})
