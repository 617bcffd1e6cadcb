import type { Submission, Submitted } from '@key0/core'
import { rpcFaults } from '@key0/sandbox'
import { hexToBigInt, keccak256, parseTransaction } from 'viem'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askNode, keep, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { createEvmChain } from '../chain/createEvmChain.ts'
import { createGasWalletSettler, type GasWalletSettler } from '../settle/createGasWalletSettler.ts'
import { createSender } from './createSender.ts'

let rig: TestRig
let settler: GasWalletSettler
beforeEach(async () => {
  rig = await startRig()
  const { privateKey } = rig.sandbox.wallets.gas
  settler = createGasWalletSettler({ chain: rig.chain, privateKey })
})
afterEach(async () => {
  settler.sender.close()
  await rig[Symbol.asyncDispose]()
})

type Authorization = Awaited<ReturnType<TestRig['pay']>>

async function submit(
  authorization: Authorization,
  previous: readonly Submission[] = [],
  journal = keep().journal,
): Promise<Submitted> {
  const { offer } = rig
  return await settler.submit({ token: offer.token, offer, authorization, previous }, journal)
}

async function isPaid(authorization: Authorization, waitMs = 10_000): Promise<boolean> {
  return (await rig.chain.observe(toQuery(authorization, { waitMs }))).kind === 'confirmed'
}

test('50 payers at once are settled by one wallet in one or two blocks', async () => {
  const { sandbox } = rig
  const authorizations = await Promise.all(Array.from({ length: 50 }, async () => rig.pay()))
  await sandbox.stallBlocks()
  const submitted = await Promise.all(authorizations.map(async (it) => await submit(it)))
  expect(new Set(submitted.map(({ kind }) => kind))).toEqual(new Set(['submitted']))
  expect(settler.sender.inFlight()).toHaveLength(50)
  await sandbox.resumeBlocks()
  for (const it of authorizations) expect(await isPaid(it)).toBe(true)
  const transfers = await sandbox.transfers({ to: rig.offer.payTo, from: authorizations[0]!.from })
  expect(transfers).toHaveLength(50)
  expect(new Set(transfers.map(({ blockNumber }) => blockNumber)).size).toBeLessThanOrEqual(2)
})

test('settlements and refunds of one wallet share one sender', async () => {
  const { privateKey } = rig.sandbox.wallets.gas
  expect(createSender({ chain: rig.chain, privateKey })).toBe(settler.sender)
  const again = await createEvmChain({ network: 'testnet', rpcUrls: rig.proxy.url })
  expect(createSender({ chain: again, privateKey })).toBe(settler.sender)
  const other = rig.sandbox.wallets.gas2.privateKey
  expect(createSender({ chain: rig.chain, privateKey: other })).not.toBe(settler.sender)
})

test('the bytes are journalled before they leave, and are the ones that are mined', async () => {
  const authorization = await rig.pay()
  const kept: Submission[] = []
  await submit(authorization, [], async (submission) => {
    expect(rig.proxy.count('eth_sendRawTransaction')).toBe(0)
    kept.push(submission)
  })
  const [submission] = kept
  if (submission?.via !== 'gas-wallet') throw new Error('not journalled')
  expect(submission.txHash).toBe(keccak256(submission.rawTransaction))
  expect(submission.sender).toBe(rig.sandbox.wallets.gas.address)
  expect(parseTransaction(submission.rawTransaction)).toMatchObject({
    chainId: 84532,
    nonce: submission.gasNonce,
  })
  const sighting = await rig.chain.observe(toQuery(authorization, { waitMs: 5_000 }))
  expect(sighting).toMatchObject({ evidence: { txHash: submission.txHash } })
})

test('a payer whose journal entry failed does not hold up those behind', async () => {
  const [first, ...others] = await Promise.all(Array.from({ length: 6 }, async () => rig.pay()))
  if (!first) throw new Error('no payment')
  let fail = (_: Error): void => {}
  const failing = submit(first, [], async () => {
    await new Promise<void>((_, reject) => {
      fail = reject
    })
  })
  const [second, ...last] = others
  const sent = await Promise.all(last.map(async (it) => await submit(it)))
  expect(new Set(sent.map(({ kind }) => kind))).toEqual(new Set(['submitted']))
  fail(new Error('the store is down'))
  await expect(failing).rejects.toThrow('the store is down')
  // The nonce it had is the next to be used, and everybody is mined.
  await submit(second!)
  for (const it of others) expect(await isPaid(it)).toBe(true)
  expect(await isPaid(first, 1)).toBe(false)
})

test('when nobody comes to use a returned nonce, it is filled', async () => {
  const [first, second] = [await rig.pay(), await rig.pay()]
  let fail = (_: Error): void => {}
  const failing = submit(first, [], async () => {
    await new Promise<void>((_, reject) => {
      fail = reject
    })
  })
  await submit(second)
  fail(new Error('the store is down'))
  await expect(failing).rejects.toThrow()
  expect(await isPaid(second, 10_000)).toBe(true)
})

test('a payer whose broadcast reply was lost is served, and charged once', async () => {
  const authorization = await rig.pay()
  // The first reply is lost and the second try too: the node had mined it meanwhile.
  const effect = { kind: 'dropAfter' } as const
  rig.proxy.add({ method: 'eth_sendRawTransaction', effect, times: 2 })
  const { journal, kept } = keep()
  expect((await submit(authorization, [], journal)).kind).toBe('unknown')
  expect(await isPaid(authorization)).toBe(true)
  const again = await submit(authorization, kept, journal)
  expect(again).toMatchObject({ kind: 'submitted' })
  expect(kept).toHaveLength(1)
})

test('a payer whose broadcast another node had mined already costs no second carrier', async () => {
  const authorization = await rig.pay()
  const effect = { kind: 'dropAfter' } as const
  rig.proxy.add({ method: 'eth_sendRawTransaction', effect, times: 1 })
  const { journal, kept } = keep()
  expect((await submit(authorization, [], journal)).kind).toBe('submitted')
  expect(kept).toHaveLength(1)
  expect(await isPaid(authorization)).toBe(true)
})

test('a payer whose transaction the node lost is settled by the same bytes', async () => {
  const authorization = await rig.pay()
  const rule = rig.proxy.add(rpcFaults.blackHole((raw) => keccak256(raw)))
  const { journal, kept } = keep()
  expect((await submit(authorization, [], journal)).kind).toBe('submitted')
  rule.remove()
  expect(await isPaid(authorization, 100)).toBe(false)
  expect((await submit(authorization, kept, journal)).kind).toBe('submitted')
  expect(await isPaid(authorization)).toBe(true)
  expect(kept).toHaveLength(1)
})

test('bytes that a pool lost go out again by themselves', async () => {
  const authorization = await rig.pay()
  const rule = rig.proxy.add(rpcFaults.blackHole((raw) => keccak256(raw)))
  await submit(authorization)
  rule.remove()
  expect(await isPaid(authorization, 15_000)).toBe(true)
})

test('a gas nonce that went elsewhere costs a new carrier, not the payment', async () => {
  const { sandbox } = rig
  const warmUp = await rig.pay()
  await submit(warmUp)
  expect(await isPaid(warmUp)).toBe(true)
  // Another process uses the same wallet.
  const { gas, stranger } = sandbox.wallets
  await askNode(sandbox, 'anvil_impersonateAccount', [gas.address])
  const transaction = { from: gas.address, to: stranger.address, value: '0x1' }
  await askNode(sandbox, 'eth_sendTransaction', [transaction])
  const authorization = await rig.pay()
  const { journal, kept } = keep()
  expect((await submit(authorization, [], journal)).kind).toBe('submitted')
  expect(kept).toHaveLength(2)
  expect(await isPaid(authorization)).toBe(true)
})

test('a carrier that reverted is replaced only once the payment would pass again', async () => {
  const { sandbox } = rig
  const authorization = await rig.pay()
  const { journal, kept } = keep()
  await sandbox.pause()
  await submit(authorization, [], journal)
  await rig.proxy.waitForCall('eth_sendRawTransaction', { until: 'settled' })
  await sandbox.mine(1)
  const refused = await submit(authorization, kept, journal)
  expect(refused).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('paused') })
  expect(kept).toHaveLength(1)
  await sandbox.unpause()
  expect((await submit(authorization, kept, journal)).kind).toBe('submitted')
  expect(kept).toHaveLength(2)
  expect(await isPaid(authorization)).toBe(true)
})

test('a transaction that stays in the pool gets a higher fee in the same gas nonce', async () => {
  const { sandbox } = rig
  let now = Date.now()
  const clock = { nowMs: () => now }
  const chain = await createEvmChain({
    network: 'testnet',
    rpcUrls: `${rig.proxy.url}/`,
    clock,
    pollingMs: 25,
  })
  const slow = createGasWalletSettler({ chain, privateKey: sandbox.wallets.gas2.privateKey })
  const authorization = await rig.pay()
  const { offer } = rig
  const { journal, kept } = keep()
  const request = { token: offer.token, offer, authorization }
  await sandbox.stallBlocks()
  await slow.submit({ ...request, previous: [] }, journal)
  await slow.submit({ ...request, previous: kept }, journal)
  expect(kept).toHaveLength(1)
  now += 25_000
  const replaced = await slow.submit({ ...request, previous: kept }, journal)
  expect(replaced.kind).toBe('submitted')
  const [before, after] = kept.map((it) => {
    if (it.via !== 'gas-wallet') throw new Error('not ours')
    const { maxFeePerGas = 0n } = parseTransaction(it.rawTransaction)
    return { gasNonce: it.gasNonce, maxFeePerGas }
  })
  expect(after?.gasNonce).toBe(before?.gasNonce)
  expect(after?.maxFeePerGas).toBeGreaterThan(before?.maxFeePerGas ?? 0n)
  await sandbox.resumeBlocks()
  expect(await isPaid(authorization)).toBe(true)
  slow.sender.close()
  chain.close()
})

test('a fee that the market left behind is raised at once, in the same gas nonce', async () => {
  const { sandbox } = rig
  const warmUp = await rig.pay()
  await submit(warmUp)
  expect(await isPaid(warmUp)).toBe(true)
  const authorization = await rig.pay()
  const { journal, kept } = keep()
  await sandbox.stallBlocks()
  await sandbox.setNextBaseFee(20n * 10n ** 9n)
  expect((await submit(authorization, [], journal)).kind).toBe('unknown')
  await sandbox.mine(1)
  expect((await submit(authorization, kept, journal)).kind).toBe('submitted')
  expect(kept.map((it) => it.via === 'gas-wallet' && it.gasNonce)).toEqual([1, 1])
  const next = await rig.pay()
  await submit(next)
  await sandbox.resumeBlocks()
  expect(await isPaid(authorization)).toBe(true)
  expect(await isPaid(next)).toBe(true)
})

test('a wallet without gas money sends nothing, and the next nonce is not lost', async () => {
  const { sandbox } = rig
  const { gas } = sandbox.wallets
  const authorization = await rig.pay()
  const balance = await askNode<`0x${string}`>(sandbox, 'eth_getBalance', [gas.address, 'latest'])
  await askNode(sandbox, 'anvil_setBalance', [gas.address, '0x0'])
  const poor = await submit(authorization)
  expect(poor).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/insufficient/i) })
  await askNode(sandbox, 'anvil_setBalance', [gas.address, balance])
  expect(hexToBigInt(balance)).toBeGreaterThan(0n)
  expect((await submit(authorization)).kind).toBe('submitted')
  expect(await isPaid(authorization)).toBe(true)
})

test('after a reorganisation the next payer is not held up by nonces that went away', async () => {
  const { sandbox } = rig
  const first = await rig.pay()
  await submit(first)
  expect(await isPaid(first)).toBe(true)
  await sandbox.reorg(1)
  const second = await rig.pay()
  await submit(second)
  expect(await isPaid(second, 15_000)).toBe(true)
  // The bytes that were taken out went out again too.
  expect(await isPaid(first, 5_000)).toBe(true)
})

test('a key that is none is named by its field, never repeated', () => {
  const privateKey = '0xdeadbeef'
  const { chain } = rig
  expect(() => createSender({ chain, privateKey })).toThrow('privateKey')
  expect(() => createSender({ chain, privateKey })).not.toThrow('deadbeef')
})
