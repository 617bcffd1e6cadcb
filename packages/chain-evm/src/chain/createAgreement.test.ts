import type { AuthorizationQuery, Hash, Sighting, SignedAuthorization } from '@key0/core'
import { type RpcRule, rpcFaults } from '@key0/sandbox'
import { encodeAbiParameters, numberToHex, padHex } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { askNode, price, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { topics } from '../token/receipt.ts'
import { createEvmChain } from './createEvmChain.ts'
import type { EvmChain } from './EvmChain.ts'

let rig: TestRig
/** Asks the rig's proxy, which lies, and after it the honest node. */
let chain: EvmChain
let told: string[] = []
beforeEach(async () => {
  rig = await startRig()
  told = []
  chain = await connect()
})
afterEach(async () => {
  chain.close()
  await rig[Symbol.asyncDispose]()
})

async function connect(above = price - 1n): Promise<EvmChain> {
  return await createEvmChain({
    network: 'testnet',
    rpcUrls: rig.proxy.url,
    pollingMs: 5,
    agreement: {
      above,
      rpcUrls: rig.sandbox.rpcUrl,
      onDisagreement: ({ message }) => told.push(message),
    },
  })
}

type Block = { readonly number: Hash; readonly hash: Hash }

async function readBlock(): Promise<Block> {
  return await askNode<Block>(rig.sandbox, 'eth_getBlockByNumber', ['latest', false])
}

const fakeHash = `0x${'fa'.repeat(32)}` as const

/** Logs of a use that never was, in a block that is. */
function forgeLogs(
  kind: 'used' | 'cancelled',
  { from, to, value, nonce }: SignedAuthorization,
  { number, hash }: Block,
): readonly object[] {
  const place = { blockNumber: number, blockHash: hash, transactionHash: fakeHash }
  const log = { address: rig.offer.token, ...place, removed: false }
  const used = { ...log, topics: [topics[kind], padHex(from), nonce], data: '0x', logIndex: '0x0' }
  if (kind === 'cancelled') return [used]
  const data = encodeAbiParameters([{ type: 'uint256' }], [value])
  const moved = [topics.transfer, padHex(from), padHex(to)]
  return [used, { ...log, topics: moved, data, logIndex: '0x1' }]
}

function answer(method: string, result: unknown): RpcRule {
  return { method, effect: { kind: 'answer', result: () => result } }
}

async function lie(rules: readonly RpcRule[]): Promise<void> {
  for (const rule of rules) rig.proxy.add(rule)
}

const disagree = { kind: 'unreachable', cause: { name: 'NodesDisagree' } }

async function lookBoth(query: AuthorizationQuery): Promise<{ alone: Sighting; agreed: Sighting }> {
  return { alone: await rig.chain.observe(query), agreed: await chain.observe(query) }
}

test('what both see is what it is, and below the limit one node is enough', async () => {
  const authorization = await rig.pay()
  await rig.submitPast(authorization)
  const query = toQuery(authorization)
  expect(await chain.observe(query)).toEqual(await rig.chain.observe(query))
  expect(await chain.observe(query)).toMatchObject({ kind: 'confirmed' })

  const unpaid = await rig.pay()
  const receipt = {
    ...{ transactionHash: fakeHash, status: '0x1' },
    ...{ blockNumber: (await readBlock()).number, blockHash: (await readBlock()).hash },
    logs: forgeLogs('used', unpaid, await readBlock()),
  }
  await lie([answer('eth_getTransactionReceipt', receipt)])
  const small = await connect(price)
  const believed = await small.observe(toQuery(unpaid, { hints: [fakeHash] }))
  expect(believed.kind).toBe('confirmed')
  small.close()
})

describe('a node that lies', () => {
  test('with a receipt of a payment that was not made pays for nothing', async () => {
    const unpaid = await rig.pay()
    const block = await readBlock()
    const place = { blockNumber: block.number, blockHash: block.hash }
    const logs = forgeLogs('used', unpaid, block)
    const receipt = { transactionHash: fakeHash, status: '0x1', ...place, logs }
    await lie([answer('eth_getTransactionReceipt', receipt)])
    const { alone, agreed } = await lookBoth(toQuery(unpaid, { hints: [fakeHash] }))
    expect(alone.kind).toBe('confirmed')
    expect(agreed).toMatchObject(disagree)
    const { token, payTo: to, value } = rig.offer
    const query = { txHash: fakeHash, token, to, value, finality: 'latest' } as const
    expect((await rig.chain.inspect(query)).kind).toBe('confirmed')
    expect(await chain.inspect(query)).toMatchObject(disagree)
    expect(told).toHaveLength(2)
    expect(told[0]).toMatch(/do not agree about a payment: confirmed in 0xfa.*, unused/)
    // Still waiting for it, nobody is told anything else.
    const waiting = toQuery(unpaid, { hints: [fakeHash], waitMs: 50 })
    expect(await chain.observe(waiting)).toMatchObject(disagree)
  })

  test('with a log of a cancellation voids nothing', async () => {
    const unpaid = await rig.pay()
    const isState = ([call]: readonly unknown[]): boolean =>
      JSON.stringify(call).includes('0xe94a0102')
    await lie([
      { ...answer('eth_call', numberToHex(1, { size: 32 })), when: isState },
      answer('eth_getLogs', forgeLogs('cancelled', unpaid, await readBlock())),
    ])
    const { alone, agreed } = await lookBoth(toQuery(unpaid))
    expect(alone).toEqual({ kind: 'dead', cause: 'cancelled' })
    expect(agreed).toMatchObject(disagree)
  })

  test('about the time lets no authorization expire', async () => {
    const unpaid = await rig.pay()
    const late = (block: unknown): unknown => ({
      ...(block as object),
      timestamp: numberToHex(unpaid.validBefore + 1n),
    })
    const effect = { kind: 'rewrite', result: late } as const
    await lie([{ method: 'eth_getBlockByNumber', effect }])
    const { alone, agreed } = await lookBoth(toQuery(unpaid))
    expect(alone).toEqual({ kind: 'dead', cause: 'expired' })
    expect(agreed).toMatchObject(disagree)
  })

  test('about whom it paid, or in which block, does not make it a stranger’s', async () => {
    const paid = await rig.pay()
    const txHash = await rig.submitPast(paid)
    const query = toQuery(paid, { hints: [txHash] })
    const other = { ...paid, to: rig.sandbox.wallets.stranger.address }
    const logs = forgeLogs('used', other, await readBlock())
    const rule = rig.proxy.add(rpcFaults.lyingReceipt({ logs }))
    const { alone, agreed } = await lookBoth(query)
    expect(alone.kind).toBe('mismatch')
    expect(agreed).toMatchObject(disagree)
    rule.remove()
    rig.proxy.add(rpcFaults.lyingReceipt({ blockHash: fakeHash }))
    expect((await chain.observe(query)).kind).toBe('unreachable')
  })

  test('by leaving a payment out, or adding one, gives no list of them', async () => {
    await rig.submitPast(await rig.pay())
    await rig.submitPast(await rig.pay())
    const { token, payTo: to } = rig.offer
    const { number: toBlock } = await rig.chain.head()
    const query = { token, to, fromBlock: 0n, toBlock }
    const all = await chain.transfers(query)
    expect(all).toHaveLength(3)
    const drop = (logs: unknown): unknown => (logs as unknown[]).slice(0, -1)
    rig.proxy.add({ method: 'eth_getLogs', effect: { kind: 'rewrite', result: drop } })
    expect(await rig.chain.transfers(query)).not.toHaveLength(3)
    await expect(chain.transfers(query)).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
  })
})

test('a second node that lags delays the answer, and does not change it', async () => {
  const paid = await rig.pay()
  const head = await rig.chain.head()
  // The honest one is asked first; the other stopped at a block before the payment.
  const careful = await createEvmChain({
    network: 'testnet',
    rpcUrls: rig.sandbox.rpcUrl,
    pollingMs: 5,
    agreement: { above: 0n, rpcUrls: rig.proxy.url },
  })
  await rig.submitPast(paid)
  const rules = rpcFaults.staleHead(head.number).map((rule) => rig.proxy.add(rule))
  expect(await careful.observe(toQuery(paid))).toMatchObject(disagree)
  for (const rule of rules) rule.remove()
  expect((await careful.observe(toQuery(paid))).kind).toBe('confirmed')
  careful.close()
})

test('a payment is as deep as the less deep of both says', async () => {
  const paid = await rig.pay()
  await rig.submitPast(paid)
  const head = await readBlock()
  const isFinal = ([tag]: readonly unknown[]): boolean => tag === 'finalized'
  rig.proxy.add({ ...answer('eth_getBlockByNumber', head), when: isFinal })
  const liar = {
    ...(await askNode<object>(rig.sandbox, 'eth_getBlockByNumber', ['latest', false])),
  }
  rig.proxy.add({ ...answer('eth_getBlockByNumber', liar), when: isFinal })
  const { alone, agreed } = await lookBoth(toQuery(paid, { finality: 'finalized' }))
  expect(alone.kind).toBe('confirmed')
  expect(agreed.kind).toBe('seen')
})

test('nodes that would only agree with themselves are refused', async () => {
  const options = { network: 'testnet', rpcUrls: rig.proxy.url } as const
  const agree = async (agreement: { above: bigint; rpcUrls: string }): Promise<EvmChain> =>
    await createEvmChain({ ...options, agreement })
  const invalid = { code: 'CONFIG_INVALID' }
  await expect(agree({ above: 0n, rpcUrls: `${rig.proxy.url}/x` })).rejects.toMatchObject(invalid)
  const { rpcUrl } = rig.sandbox
  await expect(agree({ above: -1n, rpcUrls: rpcUrl })).rejects.toMatchObject(invalid)
  rig.proxy.add(rpcFaults.wrongChainId(1))
  const swapped = createEvmChain({
    network: 'testnet',
    rpcUrls: rpcUrl,
    agreement: { above: 0n, rpcUrls: rig.proxy.url },
  })
  await expect(swapped).rejects.toMatchObject({ code: 'CHAIN_MISMATCH' })
})
