import { createEvmChain } from '@key0/chain-evm'
import { type ChallengeStore, Key0Error } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { PRICE, paidUndelivered as payWithoutDelivery } from '../test/paidUndelivered.ts'
import { type ProcessRefundsOptions, processRefunds } from './processRefunds.ts'

let chain: Sandbox
let store: ChallengeStore
let count = 0

beforeAll(async () => {
  chain = await startSandbox()
})
afterAll(() => chain.stop())
beforeEach(() => {
  store = createMemoryStore()
})

const paidUndelivered = (): Promise<string> => payWithoutDelivery(chain, store)

function options(changes: Partial<ProcessRefundsOptions> = {}): ProcessRefundsOptions {
  const walletPrivateKey = chain.wallets.seller.privateKey
  return { store, walletPrivateKey, network: 'testnet', rpcUrl: chain.rpcUrl, ...changes }
}

const refundsSince = (fromBlock: bigint) =>
  chain.transfers({ from: chain.wallets.seller.address, fromBlock })

test('a buyer who paid and got nothing is made whole, and told the transaction', async () => {
  const challengeId = await paidUndelivered()
  const before = await chain.balanceOf(chain.wallets.buyer.address)
  const [result, ...others] = await processRefunds(options())
  expect(others).toEqual([])
  expect(result).toMatchObject({
    challengeId,
    success: true,
    amount: '$0.25',
    toAddress: chain.wallets.buyer.address,
  })
  expect(await chain.balanceOf(chain.wallets.buyer.address)).toBe(before + PRICE)
  const record = await store.get(challengeId)
  expect(record).toMatchObject({ state: 'REFUNDED' })
  expect(result?.success === true && result.refundTxHash).toBe(record?.refundTxHash)
})

test('ten workers at once send one refund', async () => {
  await paidUndelivered()
  const fromBlock = (await chain.blockNumber()) + 1n
  const all = await Promise.all(Array.from({ length: 10 }, () => processRefunds(options())))
  await processRefunds(options())
  expect(await refundsSince(fromBlock)).toHaveLength(1)
  expect(all.flat().filter((result) => result.success)).toHaveLength(1)
})

test('a payment younger than the grace period stays where it is', async () => {
  const challengeId = await paidUndelivered()
  expect(await processRefunds(options({ minAgeMs: 3_600_000 }))).toEqual([])
  expect(await store.get(challengeId)).toMatchObject({ state: 'PAID' })
})

test('a batch takes no more than it is told, the oldest first', async () => {
  const first = await paidUndelivered()
  await paidUndelivered()
  const results = await processRefunds(options({ batchSize: 1 }))
  expect(results.map((result) => result.challengeId)).toEqual([first])
})

test('a wallet that did not receive the payment cannot be made to refund it', async () => {
  const challengeId = await paidUndelivered()
  const fromBlock = (await chain.blockNumber()) + 1n
  const { privateKey } = chain.wallets.stranger
  expect(await processRefunds(options({ walletPrivateKey: privateKey }))).toEqual([])
  expect(await refundsSince(fromBlock)).toEqual([])
  expect(await store.get(challengeId)).toMatchObject({ state: 'PAID' })
})

test('without gas the refund fails at once, with the reason, and nothing moved', async () => {
  const challengeId = await paidUndelivered()
  const fromBlock = (await chain.blockNumber()) + 1n
  const poor = await startPoorWallet()
  const [result] = await processRefunds(options({ gasWalletPrivateKey: poor }))
  expect(result).toMatchObject({ success: false, error: expect.stringMatching(/gas/i) })
  expect(result).not.toHaveProperty('pending')
  expect(await store.get(challengeId)).toMatchObject({ state: 'REFUND_FAILED' })
  expect(await refundsSince(fromBlock)).toEqual([])

  await store.transition({ id: challengeId, from: 'REFUND_FAILED', to: 'PAID', key: 'operator' })
  const [retried] = await processRefunds(options())
  expect(retried).toMatchObject({ challengeId, success: true })
  expect(await refundsSince(fromBlock)).toHaveLength(1)
})

test('a refund that may be retried later waits instead, and says for what', async () => {
  const challengeId = await paidUndelivered()
  const gasWalletPrivateKey = await startPoorWallet()
  const patient = options({ gasWalletPrivateKey, giveUpAfterMs: 60_000 })
  const [result] = await processRefunds(patient)
  expect(result).toMatchObject({ success: false, pending: true })
  expect(await store.get(challengeId)).toMatchObject({ state: 'REFUND_PENDING' })
})

test('every wrong option is named at once', async () => {
  const wrong = { store, walletPrivateKey: '0x12', network: 'moon', minAgeMs: -1, batchSize: 0.5 }
  const error = await processRefunds(wrong as never).catch((cause: unknown) => cause)
  expect(Key0Error.is(error, 'CONFIG_INVALID')).toBe(true)
  expect(Object.keys((error as Key0Error).facts).sort()).toEqual([
    'batchSize',
    'minAgeMs',
    'network',
    'walletPrivateKey',
  ])
  expect(`${error}`).not.toContain('0x12')
})

test('a chain of another network than the one named is refused, and so is an age before all time', async () => {
  await paidUndelivered()
  const connected = await createEvmChain({ network: 'testnet', rpcUrls: chain.rpcUrl })
  const wrong = options({ network: 'mainnet', chain: connected, minAgeMs: 1e15, batchSize: 1e9 })
  await expect(processRefunds(wrong)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    facts: {
      network: 'is "mainnet", but the chain connected is Base Sepolia',
      minAgeMs: expect.stringMatching(/from 0 to/),
      batchSize: expect.stringMatching(/from 1 to/),
    },
  })
  connected.close()
})

/** The key of a wallet that holds nothing at all. */
async function startPoorWallet(): Promise<`0x${string}`> {
  count += 1
  return `0x${'7'.repeat(60)}${`${1000 + count}`}`
}
