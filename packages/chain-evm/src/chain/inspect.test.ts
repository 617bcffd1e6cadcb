import { authorizationRef, type Hash, type TransferQuery, transferRef } from '@key0/core'
import { rpcFaults } from '@key0/sandbox'
import { numberToHex, pad } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { askNode, price, startRig, type TestRig, wallets } from '../../test/rig.ts'
import { type RawReceipt, readTransfers, topics } from '../token/receipt.ts'

let rig: TestRig<'smart'>
beforeAll(async () => {
  rig = await startRig({ slotsInAnEpoch: 1, wallets: ['smart'] })
})
afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function query(txHash: Hash, more: Partial<TransferQuery> = {}): TransferQuery {
  const { token, payTo: to, value } = rig.offer
  return { txHash, token, to, value, finality: 'latest', ...more }
}

async function transfer(value = price): Promise<Hash> {
  return await rig.sandbox.transfer(rig.sandbox.wallets.buyer.address, rig.offer.payTo, value)
}

test('a plain transfer is named by its place, and grows as final as asked', async () => {
  const txHash = await transfer()
  const { token, payTo } = rig.offer
  expect(await rig.chain.inspect(query(txHash))).toMatchObject({
    kind: 'confirmed',
    evidence: {
      paymentRef: transferRef({ chainId: 84532, token, txHash, ordinal: 0 }),
      txHash,
      from: rig.sandbox.wallets.buyer.address,
      to: payTo,
      value: price,
      block: { time: await rig.sandbox.timestamp() },
    },
  })
  expect((await rig.chain.inspect(query(txHash, { finality: 'finalized' }))).kind).toBe('seen')
  await rig.sandbox.mine(2)
  const final = await rig.chain.inspect(query(txHash, { finality: 'finalized' }))
  expect(final.kind).toBe('confirmed')
  await rig.sandbox.reorg(3)
  expect(await rig.chain.inspect(query(txHash))).toEqual({ kind: 'absent' })
})

test('a transfer made by an authorization has only that name, however it is presented', async () => {
  const authorization = await rig.pay()
  const txHash = await rig.submitPast(authorization)
  const { token } = rig.offer
  const paymentRef = authorizationRef({ chainId: 84532, token, ...authorization })
  expect(await rig.chain.inspect(query(txHash))).toMatchObject({ evidence: { paymentRef } })
})

test('a transaction that never was, reverted or moved nothing pays nothing', async () => {
  const { buyer, stranger } = rig.sandbox.wallets
  expect(await rig.chain.inspect(query(`0x${'ab'.repeat(32)}`))).toEqual({ kind: 'absent' })
  await askNode(rig.sandbox, 'anvil_impersonateAccount', [buyer.address])
  const send = async (transaction: object): Promise<Hash> => {
    const txHash = await askNode<Hash>(rig.sandbox, 'eth_sendTransaction', [
      { from: buyer.address, gas: '0x30d40', ...transaction },
    ])
    await rig.sandbox.mine(1)
    return txHash
  }
  const value = await send({ to: stranger.address, value: '0x1' })
  expect(await rig.chain.inspect(query(value))).toEqual({ kind: 'absent' })
  const tooMuch = `0xa9059cbb${pad(rig.offer.payTo).slice(2)}${'ff'.repeat(32)}`
  const reverted = await send({ to: rig.offer.token, data: tooMuch })
  expect(await rig.chain.inspect(query(reverted))).toEqual({ kind: 'absent' })
})

test('a payer who sent the wrong amount is told what arrived', async () => {
  const txHash = await transfer(price - 1n)
  expect(await rig.chain.inspect(query(txHash))).toMatchObject({
    kind: 'mismatch',
    facts: { paidTo: rig.offer.payTo, paidValue: '99999', expectedValue: '100000' },
  })
  const asAnother = query(txHash, { token: rig.sandbox.wallets.stranger.address })
  expect((await rig.chain.inspect(asAnother)).kind).toBe('mismatch')
})

type Log = RawReceipt['logs'][number]

/** A receipt like a batch contract's: the logs it would have, in a real transaction's block. */
async function forge(logs: readonly Partial<Log>[]): Promise<Hash> {
  const txHash = await transfer()
  const [base] = (await askNode<RawReceipt>(rig.sandbox, 'eth_getTransactionReceipt', [txHash]))
    .logs
  const forged = logs.map((log, index) => ({ ...base, logIndex: numberToHex(index), ...log }))
  rig.proxy.clear()
  rig.proxy.add(rpcFaults.lyingReceipt({ logs: forged }))
  return txHash
}

const fromBuyer2 = (): Partial<Log> => ({
  topics: [topics.transfer, pad(rig.sandbox.wallets.buyer2.address), pad(rig.offer.payTo)],
})

test('two payers in one transaction are told apart by who asks, never added up', async () => {
  const txHash = await forge([{}, fromBuyer2()])
  expect(await rig.chain.inspect(query(txHash))).toMatchObject({
    kind: 'mismatch',
    facts: { matching: '2' },
  })
  expect((await rig.chain.inspect(query(txHash, { value: price * 2n }))).kind).toBe('mismatch')
  const { token } = rig.offer
  const { address: from } = rig.sandbox.wallets.buyer2
  expect(await rig.chain.inspect(query(txHash, { from }))).toMatchObject({
    kind: 'confirmed',
    evidence: { from, paymentRef: transferRef({ chainId: 84532, token, txHash, ordinal: 1 }) },
  })
  rig.proxy.clear()
})

test('a Transfer log of another contract is not money', async () => {
  const { address } = rig.sandbox.wallets.stranger
  const txHash = await forge([{ address }])
  expect(await rig.chain.inspect(query(txHash))).toEqual({ kind: 'absent' })
  rig.proxy.clear()
})

test('only the token’s own AuthorizationUsed right before a transfer names it', async () => {
  const { buyer, buyer2, stranger } = rig.sandbox.wallets
  const nonce: Hash = `0x${'77'.repeat(32)}`
  const used = (authorizer: Hash): Partial<Log> => ({
    topics: [topics.used, pad(authorizer), nonce],
    data: '0x',
  })
  const receiptOf = (logs: readonly Partial<Log>[]): RawReceipt => {
    const base = {
      address: rig.offer.token,
      topics: [topics.transfer, pad(buyer.address), pad(rig.offer.payTo)],
      data: numberToHex(price, { size: 32 }),
      blockNumber: '0x1',
      blockHash: nonce,
      transactionHash: nonce,
    } as const
    const whole = logs.map((log, index) => ({ ...base, logIndex: numberToHex(index), ...log }))
    return {
      transactionHash: nonce,
      blockNumber: '0x1',
      blockHash: nonce,
      status: '0x1',
      logs: whole,
    }
  }
  const nonces = (logs: readonly Partial<Log>[]): readonly (Hash | undefined)[] =>
    readTransfers(84532, rig.offer.token, receiptOf(logs)).map((it) => it.nonce)
  expect(nonces([used(buyer.address), {}])).toEqual([nonce])
  expect(nonces([used(buyer.address), {}, {}])).toEqual([nonce, undefined])
  expect(nonces([used(buyer2.address), {}])).toEqual([undefined])
  expect(nonces([{ ...used(buyer.address), address: stranger.address }, {}])).toEqual([undefined])
  expect(nonces([used(buyer.address), { logIndex: '0x5' }])).toEqual([undefined])
  const reverted = { ...receiptOf([used(buyer.address), {}]), status: '0x0' as const }
  expect(readTransfers(84532, rig.offer.token, reverted)).toEqual([])
})

test('a message is signed by a key, or acknowledged by a contract', async () => {
  const { buyer, seller, smart } = rig.sandbox.wallets
  const message = 'Key0 payment proof'
  const signature = await privateKeyToAccount(buyer.privateKey).signMessage({ message })
  expect(await rig.chain.isSignedBy(buyer.address, message, signature)).toBe(true)
  expect(await rig.chain.isSignedBy(seller.address, message, signature)).toBe(false)
  expect(await rig.chain.isSignedBy(buyer.address, 'another', signature)).toBe(false)
  await askNode(rig.sandbox, 'anvil_setCode', [smart.address, wallets.acknowledges])
  expect(await rig.chain.isSignedBy(smart.address, message, '0xabcdef')).toBe(true)
  rig.proxy.add({ effect: { kind: 'dropBefore' } })
  await expect(rig.chain.isSignedBy(smart.address, message, '0xabcdef')).rejects.toMatchObject({
    code: 'CHAIN_UNREACHABLE',
  })
  rig.proxy.clear()
  const authorization = await rig.pay()
  expect(await rig.chain.isAuthorizedBy(rig.offer.token, authorization)).toBe(true)
  const other = { ...authorization, value: 1n }
  expect(await rig.chain.isAuthorizedBy(rig.offer.token, other)).toBe(false)
})
