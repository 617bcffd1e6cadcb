import { processRefunds } from '@key0/refunds'
import { type Sandbox, startSandbox } from '@key0/sandbox'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import { priceOf, startShop } from '../src/startShop.ts'

/*
 * What the documents show, as they show it: only the import paths are ours. Where a call names no
 * endpoint it asks the network's public one, which stands for the sandbox here.
 */
const publicRpc = { mainnet: 'https://mainnet.base.org', testnet: 'https://sepolia.base.org' }

function standInFor(network: 'mainnet' | 'testnet', sandbox: Sandbox): void {
  const real = globalThis.fetch
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    const url = String(input instanceof Request ? input.url : input)
    return url.startsWith(publicRpc[network]) ? real(sandbox.rpcUrl, init) : real(input, init)
  })
}
afterEach(() => {
  vi.unstubAllGlobals()
})

const tenMinutesMs = 600_000

describe.each([
  ['mainnet', 8453],
  ['testnet', 84532],
] as const)('the documented refund call on %s', (network, chainId) => {
  test('sends back what was paid over five minutes ago, and says so in its result', async () => {
    await using sandbox = await startSandbox({ chainId, slotsInAnEpoch: 1 })
    await using shop = await startShop({ sandbox, store: 'sqlite', network })
    shop.clock.advance(-tenMinutesMs)
    const buyer = await createBuyer(shop)
    shop.issuer.behave('throws')
    const bought = await buyer.buyWithPublicClient('basic')
    expect(bought.response.status).toBe(502)
    standInFor(network, sandbox)
    // On mainnet a refund counts when its block is final, so blocks must go on.
    await sandbox.mine(4)
    await sandbox.intervalMining(1)
    const store = shop.store()
    const walletPrivateKey = shop.seller.privateKey

    const results = await processRefunds({
      store,
      walletPrivateKey,
      network,
      minAgeMs: 5 * 60 * 1000,
      batchSize: 50,
    })

    const [back] = await sandbox.transfers({ from: shop.seller.address, to: buyer.address })
    expect(results).toEqual([
      {
        challengeId: expect.any(String),
        originalTxHash: bought.settled?.transaction,
        refundTxHash: back?.transactionHash,
        amount: '$0.10',
        toAddress: buyer.address,
        success: true,
      },
    ])
    expect(back?.value).toBe(priceOf.basic)
    const record = await store.get(results[0]?.challengeId ?? '')
    expect(record).toMatchObject({ state: 'REFUNDED', refundTxHash: back?.transactionHash })
    expect(record?.refundedAt).toBeInstanceOf(Date)
  })
})

describe('as documented', () => {
  test('a payment younger than the grace period is left alone', async () => {
    await using sandbox = await startSandbox()
    await using shop = await startShop({ sandbox, store: 'memory' })
    const buyer = await createBuyer(shop)
    shop.issuer.behave('throws')
    await buyer.buy()
    standInFor('testnet', sandbox)
    const { privateKey: walletPrivateKey } = shop.seller
    expect(
      await processRefunds({ store: shop.store(), walletPrivateKey, network: 'testnet' }),
    ).toEqual([])
  })

  test('a refund without gas fails, is found by its result, and works after a manual retry', async () => {
    await using sandbox = await startSandbox()
    await using shop = await startShop({ sandbox, store: 'sqlite', sellerEth: 0n })
    const buyer = await createBuyer(shop)
    shop.issuer.behave('throws')
    await buyer.buy()
    standInFor('testnet', sandbox)
    const store = shop.store()
    const call = {
      store,
      walletPrivateKey: shop.seller.privateKey,
      network: 'testnet',
      minAgeMs: 0,
    } as const
    const failed = (await processRefunds(call)).filter((r) => !r.success)
    expect(failed).toHaveLength(1)
    const [{ challengeId } = { challengeId: '' }] = failed
    const record = await store.get(challengeId)
    expect(record).toMatchObject({ state: 'REFUND_FAILED', refundError: expect.any(String) })
    expect(await processRefunds(call)).toEqual([])

    await sandbox.fund(shop.seller.address, { eth: 10n ** 18n })
    const move = { id: challengeId, from: 'REFUND_FAILED', to: 'PAID', key: 'operator-1' } as const
    expect((await store.transition(move)).kind).toBe('applied')
    expect(await processRefunds(call)).toMatchObject([{ success: true, challengeId }])
    expect(await sandbox.transfers({ from: shop.seller.address, to: buyer.address })).toHaveLength(
      1,
    )
    expect(await checkBooks(shop)).toEqual([])
  })

  test('the HTTP flow by calls: price, settle, deliver', async () => {
    await using sandbox = await startSandbox()
    await using shop = await startShop({ sandbox, store: 'memory' })
    const key0 = shop.key0()
    const buyer = await createBuyer(shop)
    const { requestId, challengeId } = await key0.requestHttpAccess({ planId: 'basic' })
    expect(await shop.store().get(challengeId)).toMatchObject({
      state: 'PENDING',
      clientAgentId: 'x402-http',
    })
    const offer = await buyer.offered({ planId: 'basic', requestId })
    // A request id that is known already is offered without its challenge's secret id.
    const { header } = await buyer.sign(offer)
    const { payer, txHash } = await key0.settlePayment(header, { requestId })
    expect(await shop.store().get(challengeId)).toMatchObject({ state: 'PAID', fromAddress: payer })
    const grant = await key0.processHttpPayment({ requestId, payer })
    expect(grant).toMatchObject({ type: 'AccessGrant', challengeId, txHash, tokenType: 'Bearer' })
    expect(await shop.store().get(challengeId)).toMatchObject({ state: 'DELIVERED' })
    expect(await checkBooks(shop)).toEqual([])
  })

  test('the agent flow by calls: price, transfer by hand, proof', async () => {
    await using sandbox = await startSandbox()
    await using shop = await startShop({ sandbox, store: 'memory' })
    const key0 = shop.key0()
    const buyer = await createBuyer(shop)
    const agent = { clientAgentId: 'did:web:agent.example', planId: 'basic' }
    const challenge = await key0.requestAccess(agent)
    const { destination, amountRaw, challengeId } = challenge
    const txHash = await sandbox.transfer(buyer.address, destination, amountRaw)
    const grant = await key0.submitProof({ challengeId, txHash })
    expect(grant).toMatchObject({ type: 'AccessGrant', challengeId, txHash })
    expect(await shop.store().get(challengeId)).toMatchObject({ state: 'DELIVERED' })
    await expect(key0.cancelChallenge(challengeId)).rejects.toMatchObject({
      code: 'CHALLENGE_NOT_CANCELLABLE',
    })
    expect(await checkBooks(shop)).toEqual([])
  })
})
