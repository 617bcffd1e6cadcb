import type { Address, Hash, Payout, Sighting, SignedAuthorization, Submitted } from '@key0/core'
import { rpcFaults } from '@key0/sandbox'
import { hexToBigInt, keccak256, numberToHex, parseTransaction } from 'viem'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { askNode, keep, price, startRig, type TestRig, toQuery } from '../../test/rig.ts'
import { createEvmChain } from '../chain/createEvmChain.ts'
import { createPayout, type PayoutOptions } from '../payout/createPayout.ts'
import { createSender } from '../sender/createSender.ts'
import { multicallAddress } from '../token/multicall.ts'

let rig: TestRig
const senders: { close: () => void }[] = []
beforeEach(async () => {
  rig = await startRig()
})
afterEach(async () => {
  for (const sender of senders.splice(0)) sender.close()
  await rig[Symbol.asyncDispose]()
})

type Many = Payout & Required<Pick<Payout, 'carryMany'>>

function openPayout(options: Partial<PayoutOptions> = {}): Many {
  const { chain, sandbox } = rig
  const carriers = [createSender({ chain, privateKey: sandbox.wallets.gas.privateKey })]
  senders.push(...carriers)
  const keys = [sandbox.wallets.seller.privateKey]
  return createPayout({ chain, keys, carriers, ...options }) as Many
}

let lastNonce = 0

async function signRefund(
  payout: Payout,
  change: Partial<{ to: Address; value: bigint }> = {},
): Promise<SignedAuthorization> {
  const { seller, buyer } = rig.sandbox.wallets
  lastNonce += 1
  const nonce = numberToHex(lastNonce, { size: 32 })
  const validBefore = (await rig.sandbox.timestamp()) + 3_600n
  const terms = { from: seller.address, to: buyer.address, value: price, ...change }
  const authorization = { ...terms, validAfter: 0n, validBefore, nonce }
  return { ...authorization, signature: await payout.sign(rig.offer.token, authorization) }
}

async function signRefunds(payout: Payout, count: number): Promise<SignedAuthorization[]> {
  return await Promise.all(Array.from({ length: count }, async () => await signRefund(payout)))
}

type Kept = ReturnType<typeof keep>

/** Carries them, each with the journal of its own; again with what is in it already. */
async function carry(
  payout: Many,
  authorizations: readonly SignedAuthorization[],
  journals: readonly Kept[],
): Promise<readonly Submitted[]> {
  const requests = authorizations.map((authorization, index) => {
    const { journal = keep().journal, kept = [] } = journals[index] ?? {}
    return { token: rig.offer.token, authorization, previous: [...kept], journal }
  })
  return await Promise.all(payout.carryMany(requests))
}

async function look(authorization: SignedAuthorization, waitMs = 10_000): Promise<Sighting> {
  return await rig.chain.observe(toQuery(authorization, { waitMs }))
}

async function countSent(): Promise<number> {
  const { gas } = rig.sandbox.wallets
  const count = await askNode<Hash>(rig.sandbox, 'eth_getTransactionCount', [gas.address, 'latest'])
  return Number(count)
}

const kindsOf = (carried: readonly Submitted[]): readonly string[] =>
  carried.map(({ kind }) => kind)

test('50 payers get their refunds in one transaction, which every record knew before', async () => {
  const payout = openPayout()
  const refunds = await signRefunds(payout, 50)
  const journals = refunds.map(() => keep())
  const early = journals.map((it) => ({
    ...it,
    journal: async (submission: Parameters<Kept['journal']>[0]) => {
      expect(rig.proxy.count('eth_sendRawTransaction')).toBe(0)
      await it.journal(submission)
    },
  }))
  const carried = await carry(payout, refunds, early)
  expect(new Set(kindsOf(carried))).toEqual(new Set(['submitted']))
  const seen = await Promise.all(refunds.map(async (it) => await look(it)))
  const [hash, ...others] = new Set(journals.map(({ kept }) => kept[0]?.txHash))
  expect(others).toEqual([])
  for (const sighting of seen)
    expect(sighting).toMatchObject({ kind: 'confirmed', evidence: { txHash: hash } })
  expect(await countSent()).toBe(1)
  const { seller, buyer } = rig.sandbox.wallets
  const ends = { from: seller.address, to: buyer.address }
  expect(await rig.sandbox.transfers(ends)).toHaveLength(50)
  const receipt = await askNode<{ gasUsed: Hash }>(rig.sandbox, 'eth_getTransactionReceipt', [hash])
  expect(hexToBigInt(receipt.gasUsed)).toBeLessThan(5_000_000n)
})

test('payers who never held the token fit into the gas of a full batch too', async () => {
  const payout = openPayout()
  const refunds = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const to = numberToHex(0xabc000 + index, { size: 20 })
      return await signRefund(payout, { to })
    }),
  )
  const carried = await carry(payout, refunds, [])
  expect(new Set(kindsOf(carried))).toEqual(new Set(['submitted']))
  const seen = await Promise.all(refunds.map(async (it) => await look(it)))
  expect(new Set(seen.map(({ kind }) => kind))).toEqual(new Set(['confirmed']))
  expect(await countSent()).toBe(1)
})

test('a refund that fails on the way fails alone, and is carried again later', async () => {
  const { sandbox } = rig
  const payout = openPayout()
  const { stranger } = sandbox.wallets
  const refunds = [
    ...(await signRefunds(payout, 3)),
    await signRefund(payout, { to: stranger.address }),
  ]
  const blocked = refunds[3] as SignedAuthorization
  const journals = refunds.map(() => keep())
  await sandbox.stallBlocks()
  const carried = await carry(payout, refunds, journals)
  expect(kindsOf(carried)).toEqual(Array(4).fill('submitted'))
  await sandbox.blacklist(stranger.address)
  await sandbox.resumeBlocks()
  for (const it of refunds.slice(0, 3)) expect((await look(it)).kind).toBe('confirmed')
  expect((await look(blocked, 0)).kind).toBe('unused')

  // The transaction it was in succeeded; that does not mean that it did.
  const again = await carry(payout, refunds, journals)
  expect(kindsOf(again.slice(0, 3))).toEqual(Array(3).fill('submitted'))
  expect(again[3]).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/blacklist/i) })
  await sandbox.unblacklist(stranger.address)
  const alone = await payout.carry(
    { token: rig.offer.token, authorization: blocked, previous: journals[3]?.kept ?? [] },
    keep().journal,
  )
  expect(alone.kind).toBe('submitted')
  expect((await look(blocked)).kind).toBe('confirmed')
  expect(await sandbox.transfers({ to: stranger.address })).toHaveLength(1)
})

test('a refund that another worker moved is left out, and nothing of it leaves', async () => {
  const payout = openPayout()
  const refunds = await signRefunds(payout, 4)
  const journals = refunds.map(() => keep())
  const moved = new Error('another worker is on this refund')
  const fails = { ...keep(), journal: async () => await Promise.reject(moved) }
  const requests = refunds.map((authorization, index) => ({
    ...{ token: rig.offer.token, authorization, previous: [] },
    journal: (index === 1 ? fails : (journals[index] as Kept)).journal,
  }))
  const carried = await Promise.allSettled(payout.carryMany(requests))
  expect(carried[1]).toEqual({ status: 'rejected', reason: moved })
  const [left] = refunds.splice(1, 1)
  for (const it of refunds) expect((await look(it)).kind).toBe('confirmed')
  expect((await look(left as SignedAuthorization, 0)).kind).toBe('unused')
  expect(await countSent()).toBe(1)
})

test('a refund that the token would revert is told why, and holds up nobody', async () => {
  const payout = openPayout()
  const refunds = [
    ...(await signRefunds(payout, 2)),
    await signRefund(payout, { value: 10n ** 15n }),
  ]
  const journals = refunds.map(() => keep())
  const carried = await carry(payout, refunds, journals)
  expect(carried[2]).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/exceeds/) })
  expect(journals[2]?.kept).toEqual([])
  for (const it of refunds.slice(0, 2)) expect((await look(it)).kind).toBe('confirmed')
})

test('a batch that the pool lost goes out again as it was, once for all in it', async () => {
  const payout = openPayout()
  const refunds = await signRefunds(payout, 10)
  const journals = refunds.map(() => keep())
  const rule = rig.proxy.add(rpcFaults.blackHole((raw) => keccak256(raw)))
  await carry(payout, refunds, journals)
  rule.remove()
  rig.proxy.clearCalls()
  const fresh = await signRefund(payout)
  await carry(payout, [...refunds, fresh], [...journals, keep()])
  expect(rig.proxy.count('eth_sendRawTransaction')).toBe(2)
  expect(journals.map(({ kept }) => kept.length)).toEqual(Array(10).fill(1))
  for (const it of [...refunds, fresh]) expect((await look(it)).kind).toBe('confirmed')
})

test('a stuck batch gets a higher fee and keeps everybody, whoever of them asks', async () => {
  const { sandbox } = rig
  let now = Date.now()
  const clock = { nowMs: () => now }
  const rpcUrls = `${rig.proxy.url}/`
  const chain = await createEvmChain({ network: 'testnet', rpcUrls, clock, pollingMs: 25 })
  const carriers = [createSender({ chain, privateKey: sandbox.wallets.gas2.privateKey })]
  senders.push(...carriers)
  const payout = openPayout({ chain, carriers })
  const refunds = await signRefunds(payout, 5)
  const journals = refunds.map(() => keep())
  await sandbox.stallBlocks()
  await carry(payout, refunds, journals)
  now += 25_000
  const [first, journal] = [refunds[0] as SignedAuthorization, journals[0] as Kept]
  const request = { token: rig.offer.token, authorization: first, previous: [...journal.kept] }
  expect((await payout.carry(request, journal.journal)).kind).toBe('submitted')
  const [before, after] = journal.kept.map((it) => {
    if (it.via !== 'gas-wallet') throw new Error('not ours')
    return parseTransaction(it.rawTransaction)
  })
  expect(after?.nonce).toBe(before?.nonce)
  expect(after?.data).toBe(before?.data)
  expect(after?.maxFeePerGas).toBeGreaterThan(before?.maxFeePerGas ?? 0n)
  await sandbox.resumeBlocks()
  for (const it of refunds)
    expect(await look(it)).toMatchObject({ evidence: { txHash: journal.kept[1]?.txHash } })
  // Those who were not told find their refund all the same, and send nothing again.
  const sent = await carry(payout, refunds, journals)
  expect(sent[0]?.kind).toBe('submitted')
  expect(await sandbox.transfers({ from: sandbox.wallets.seller.address })).toHaveLength(5)
  chain.close()
})

test('a wallet that cannot pay for all of them in one pays for some at a time', async () => {
  const { sandbox } = rig
  const { gas } = sandbox.wallets
  const payout = openPayout()
  const sender = createSender({ chain: rig.chain, privateKey: gas.privateKey })
  const refunds = await signRefunds(payout, 8)
  const journals = refunds.map(() => keep())
  // Enough for what four take at most, and for all that eight really take.
  const setBalance = async (balance: bigint): Promise<void> => {
    await askNode(sandbox, 'anvil_setBalance', [gas.address, numberToHex(balance)])
  }
  await setBalance(1n)
  expect(new Set(kindsOf(await carry(payout, refunds, journals)))).toEqual(new Set(['unknown']))
  expect(await countSent()).toBe(0)
  await setBalance(sender.priceOf(600_000n))
  for (let passes = 0; passes < 4; passes += 1) await carry(payout, refunds, journals)
  for (const it of refunds) expect((await look(it)).kind).toBe('confirmed')
  expect(await sandbox.transfers({ from: sandbox.wallets.seller.address })).toHaveLength(8)

  await setBalance(sender.priceOf(600_000n))
  const others = await signRefunds(payout, 8)
  expect(new Set(kindsOf(await carry(payout, others, [])))).toEqual(new Set(['submitted']))
  for (const it of others) expect((await look(it)).kind).toBe('confirmed')
})

test.each([
  ['so many refunds', { maxMembers: 4 }, 3],
  ['so much gas', { maxGas: 400_000n }, 4],
])('no transaction carries more than %s', async (_, batch, transactions) => {
  const payout = openPayout({ batch })
  const refunds = await signRefunds(payout, 12)
  await carry(payout, refunds, [])
  for (const it of refunds) expect((await look(it)).kind).toBe('confirmed')
  expect(await countSent()).toBe(transactions)
})

test.each([
  ['no multicall contract', '0x'],
  ['another contract in its place', '0x60005ff3'],
] as const)('on a chain with %s every refund has its own transaction', async (_, code) => {
  await askNode(rig.sandbox, 'anvil_setCode', [multicallAddress, code])
  const payout = openPayout()
  const refunds = await signRefunds(payout, 5)
  await carry(payout, refunds, [])
  for (const it of refunds) expect((await look(it)).kind).toBe('confirmed')
  expect(await countSent()).toBe(5)
})
