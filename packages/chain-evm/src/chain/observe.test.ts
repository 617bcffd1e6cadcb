import { authorizationRef, type SignedAuthorization } from '@key0/core'
import { rpcFaults, startRpcProxy } from '@key0/sandbox'
import { encodeFunctionData, hashTypedData, parseAbi } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askNode, price, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { createEvmChain } from './createEvmChain.ts'

let rig: TestRig
beforeAll(async () => {
  rig = await startRig({ slotsInAnEpoch: 1 })
})
afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

async function cancel(authorization: SignedAuthorization): Promise<void> {
  const { buyer, stranger } = rig.sandbox.wallets
  const message = { authorizer: authorization.from, nonce: authorization.nonce }
  const types = {
    CancelAuthorization: [
      { name: 'authorizer', type: 'address' },
      { name: 'nonce', type: 'bytes32' },
    ],
  }
  const primaryType = 'CancelAuthorization' as const
  const typedData = { domain: rig.sandbox.usdc.domain, types, primaryType, message } as const
  expect(hashTypedData(typedData)).toHaveLength(66)
  const signature = await privateKeyToAccount(buyer.privateKey).signTypedData(typedData)
  const data = encodeFunctionData({
    abi: parseAbi(['function cancelAuthorization(address, bytes32, bytes)']),
    args: [message.authorizer, message.nonce, signature],
  })
  await askNode(rig.sandbox, 'anvil_impersonateAccount', [stranger.address])
  const transaction = { from: stranger.address, to: rig.offer.token, data }
  await askNode(rig.sandbox, 'eth_sendTransaction', [transaction])
}

test('a payer whose payment a stranger submitted first has paid', async () => {
  const authorization = await rig.pay()
  const { from, nonce } = authorization
  expect(await rig.chain.observe(toQuery(authorization))).toEqual({ kind: 'unused' })
  const txHash = await rig.submitPast(authorization)
  // Our own carrier reverts, or was never mined: another transaction made the transfer.
  const hints = [`0x${'ab'.repeat(32)}`] as const
  const sighting = await rig.chain.observe(toQuery(authorization, { hints }))
  const { token } = rig.offer
  expect(sighting).toMatchObject({
    kind: 'confirmed',
    evidence: {
      paymentRef: authorizationRef({ chainId: 84532, token, from, nonce }),
      txHash,
      from,
      to: rig.offer.payTo,
      value: price,
      block: { number: await rig.sandbox.blockNumber(), time: await rig.sandbox.timestamp() },
    },
  })
})

test('an authorization used for somebody else is a mismatch that says for whom', async () => {
  const { stranger } = rig.sandbox.wallets
  const authorization = await rig.pay({ to: stranger.address, value: 7n })
  const txHash = await rig.submitPast(authorization)
  const query = toQuery(authorization, { to: rig.offer.payTo, value: price })
  expect(await rig.chain.observe(query)).toEqual({
    kind: 'mismatch',
    facts: { txHash, paidTo: stranger.address, paidValue: '7' },
  })
})

test('the finality asked for decides between seen and confirmed', async () => {
  const authorization = await rig.pay()
  const hints = [await rig.submitPast(authorization)]
  for (const finality of ['safe', 'finalized'] as const) {
    const sighting = await rig.chain.observe(toQuery(authorization, { hints, finality }))
    expect(sighting.kind).toBe('seen')
  }
  expect((await rig.chain.observe(toQuery(authorization, { hints }))).kind).toBe('confirmed')
  await rig.sandbox.mine(1)
  const atSafe = toQuery(authorization, { finality: 'safe' })
  expect((await rig.chain.observe(atSafe)).kind).toBe('confirmed')
  const atFinal = toQuery(authorization, { finality: 'finalized' })
  expect((await rig.chain.observe(atFinal)).kind).toBe('seen')
  const waiting = rig.chain.observe({ ...atFinal, waitMs: 10_000 })
  await rig.sandbox.mine(2)
  expect((await waiting).kind).toBe('confirmed')
})

test('a node that knows no final block is not guessed for', async () => {
  const authorization = await rig.pay()
  const hints = [await rig.submitPast(authorization)]
  const rule = rig.proxy.add({
    method: 'eth_getBlockByNumber',
    when: ([tag]) => tag === 'finalized',
    effect: { kind: 'answer', result: () => null },
  })
  for (const query of [{ hints }, {}]) {
    const sighting = await rig.chain.observe(
      toQuery(authorization, { ...query, finality: 'finalized' }),
    )
    expect(sighting.kind).toBe('unreachable')
  }
  rule.remove()
})

test('a payment that a reorganisation took out is unused again, then paid again', async () => {
  const authorization = await rig.pay()
  const txHash = await rig.submitPast(authorization)
  const query = toQuery(authorization, { hints: [txHash], finality: 'finalized' })
  expect((await rig.chain.observe(query)).kind).toBe('seen')
  await rig.sandbox.reorg(1)
  expect(await rig.chain.observe(query)).toEqual({ kind: 'unused' })
  await rig.submitPast(authorization)
  await rig.sandbox.mine(3)
  expect((await rig.chain.observe(query)).kind).toBe('confirmed')
})

test('a receipt of a block that is not part of the chain proves nothing', async () => {
  const authorization = await rig.pay()
  const txHash = await rig.submitPast(authorization)
  await rig.sandbox.mine(1)
  await rig.chain.head()
  const rule = rig.proxy.add(rpcFaults.lyingReceipt({ blockHash: `0x${'cd'.repeat(32)}` }))
  const sighting = await rig.chain.observe(toQuery(authorization, { hints: [txHash] }))
  expect(sighting.kind).toBe('unreachable')
  rule.remove()
})

test('an expired authorization is dead only once final time has passed it', async () => {
  await using other = await startRig({ slotsInAnEpoch: 1 })
  const validBefore = (await other.sandbox.timestamp()) + 100n
  const authorization = await other.pay({ validBefore })
  const query = toQuery(authorization, { finality: 'finalized' })
  await other.sandbox.setTime(validBefore + 1n)
  expect(await other.chain.observe(query)).toEqual({ kind: 'unused' })
  expect(await other.chain.observe({ ...query, finality: 'latest' })).toEqual({
    kind: 'dead',
    cause: 'expired',
  })
  await other.sandbox.mine(2)
  expect(await other.chain.observe(query)).toEqual({ kind: 'dead', cause: 'expired' })
})

test('a payer who paid in time is never called expired by a node that lags', async () => {
  await using other = await startRig({ slotsInAnEpoch: 1 })
  const validBefore = (await other.sandbox.timestamp()) + 100n
  const authorization = await other.pay({ validBefore })
  const before = await other.sandbox.blockNumber()
  await other.submitPast(authorization)
  await other.sandbox.setTime(validBefore + 1n)
  await other.sandbox.mine(3)
  // The node answers states of an old block, but knows the final block of now.
  const rule = other.proxy.add(rpcFaults.staleHead(before))
  const query = toQuery(authorization, { finality: 'finalized' })
  expect((await other.chain.observe(query)).kind).not.toBe('dead')
  rule.disable()
  // The same when we knew the head before the node fell behind.
  await other.chain.head()
  rule.enable()
  expect((await other.chain.observe(query)).kind).not.toBe('dead')
  rule.remove()
  const now = await other.chain.observe(toQuery(authorization, { finality: 'finalized' }))
  expect(now.kind).toBe('confirmed')
})

test('a payer who cancelled is answered so once that is final', async () => {
  const authorization = await rig.pay()
  await cancel(authorization)
  const query = toQuery(authorization, { finality: 'finalized' })
  expect(await rig.chain.observe(query)).toEqual({ kind: 'unused' })
  await rig.sandbox.mine(3)
  expect(await rig.chain.observe(query)).toEqual({ kind: 'dead', cause: 'cancelled' })
})

test('a payment mined below the height it was looked for at is not called another’s', async () => {
  const authorization = await rig.pay()
  const txHash = await rig.submitPast(authorization)
  await rig.sandbox.mine(2)
  const sinceBlock = await rig.sandbox.blockNumber()
  expect(await rig.chain.observe(toQuery(authorization, { sinceBlock }))).toMatchObject({
    kind: 'confirmed',
    evidence: { txHash },
  })
})

const slow = { timeout: 30_000 }
test(
  'a use long before the block asked about is a mismatch, a log not indexed yet is none',
  slow,
  async () => {
    const authorization = await rig.pay()
    await rig.submitPast(authorization)
    const used = await rig.sandbox.blockNumber()
    for (let mined = 0; mined < 2_010; mined += 201) await rig.sandbox.mine(201)
    const sinceBlock = await rig.sandbox.blockNumber()
    expect(await rig.chain.observe(toQuery(authorization, { sinceBlock }))).toEqual({
      kind: 'mismatch',
      facts: { usedBefore: `${sinceBlock - 2_000n}` },
    })
    const rule = rig.proxy.add({
      method: 'eth_getLogs',
      effect: { kind: 'answer', result: () => [] },
    })
    const recent = toQuery(authorization, { sinceBlock: used - 1n })
    expect((await rig.chain.observe(recent)).kind).toBe('unreachable')
    rule.remove()
    expect((await rig.chain.observe(recent)).kind).toBe('confirmed')
  },
)

test('a provider that refuses wide log ranges is asked for narrow ones', async () => {
  const authorization = await rig.pay()
  await rig.submitPast(authorization)
  await rig.sandbox.mine(30)
  const rule = rig.proxy.add({
    method: 'eth_getLogs',
    when: ([filter]) => {
      const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string }
      return Number(toBlock) - Number(fromBlock) > 10
    },
    effect: { kind: 'error', code: -32_602, message: 'query exceeds max block range 10' },
  })
  expect((await rig.chain.observe(toQuery(authorization))).kind).toBe('confirmed')
  expect(rule.hits()).toBeGreaterThan(0)
  rule.remove()
})

test('while blocks stall a payer waits, and is served as soon as they move', async () => {
  const authorization = await rig.pay()
  await rig.sandbox.stallBlocks()
  await rig.submitPast(authorization)
  expect(await rig.chain.observe(toQuery(authorization, { waitMs: 150 }))).toEqual({
    kind: 'unused',
  })
  const startedAtMs = performance.now()
  const waiting = rig.chain.observe(toQuery(authorization, { waitMs: 20_000 }))
  await rig.sandbox.resumeBlocks()
  expect((await waiting).kind).toBe('confirmed')
  expect(performance.now() - startedAtMs).toBeLessThan(5_000)
})

test('100 payers who wait together are watched by one log search for each block', async () => {
  const authorizations = await Promise.all(Array.from({ length: 100 }, async () => rig.pay()))
  const sinceBlock = await rig.sandbox.blockNumber()
  await rig.sandbox.stallBlocks()
  // Hashes as they would come from our own sender, of transactions that are not mined yet.
  const hintOf = ({ nonce }: SignedAuthorization): readonly SignedAuthorization['nonce'][] => [
    nonce,
  ]
  const waiting = authorizations.map((it) =>
    rig.chain.observe(toQuery(it, { sinceBlock, hints: hintOf(it), waitMs: 20_000 })),
  )
  for (const it of authorizations) await rig.submitPast(it)
  await rig.proxy.waitForCall('eth_getLogs')
  rig.proxy.clearCalls()
  await rig.sandbox.resumeBlocks()
  const sightings = await Promise.all(waiting)
  expect(new Set(sightings.map(({ kind }) => kind))).toEqual(new Set(['confirmed']))
  const counts: Record<string, number> = {}
  for (const { method } of rig.proxy.calls()) counts[method] = (counts[method] ?? 0) + 1
  process.stdout.write(`RPC calls of 100 waiters: ${JSON.stringify(counts)}\n`)
  expect(counts.eth_getTransactionReceipt ?? 0).toBeLessThanOrEqual(250)
  expect(counts.eth_getLogs ?? 0).toBeLessThanOrEqual(20)
})

test('a head seen once is not unseen because a node lags', async () => {
  const { proxy, sandbox } = rig
  await sandbox.mine(3)
  const head = await rig.chain.head()
  const rule = proxy.add(rpcFaults.staleHead(head.number - 2n))
  expect(await rig.chain.head()).toEqual(head)
  rule.remove()
})

test('the second node answers when the first says nothing', async () => {
  await using second = await startRpcProxy({ target: rig.sandbox.rpcUrl })
  const rpcUrls = `${rig.proxy.url}, ${second.url}`
  const chain = await createEvmChain({ network: 'testnet', rpcUrls, timeoutMs: 300 })
  const rule = rig.proxy.add({ effect: { kind: 'hang' } })
  const authorization = await rig.pay()
  expect((await chain.verify(rig.offer, authorization)).kind).toBe('valid')
  rule.remove()
})
