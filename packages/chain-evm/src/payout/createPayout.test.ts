import {
  type Address,
  authorizationRef,
  type Hash,
  type PaymentRef,
  type PayoutObstacle,
} from '@key0/core'
import { concatHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askNode, keep, price, startRig, type TestRig } from '../../test/rig.ts'
import { createSender } from '../sender/createSender.ts'
import { createPayout } from './createPayout.ts'
import type { PayeeSigner } from './PayeeSigner.ts'
import { probeSigner } from './probeSigner.ts'
import { refundNonce } from './refundNonce.ts'

let rig: TestRig<'gas3'>
beforeAll(async () => {
  rig = await startRig({ wallets: ['gas3'] })
})
afterAll(async () => {
  await rig[Symbol.asyncDispose]()
})

function paymentRefOf(nonce: Hash): PaymentRef {
  const { buyer } = rig.sandbox.wallets
  return authorizationRef({
    chainId: 84532,
    token: rig.offer.token,
    from: buyer.address,
    nonce,
  })
}

const someNonce = `0x${'11'.repeat(32)}` as const

test('a refund’s nonce is a function of the payment and the sequence alone', () => {
  const of = { chainId: 84532, token: rig.offer.token, paymentRef: paymentRefOf(someNonce) }
  expect(refundNonce({ ...of, sequence: 0 })).toBe(refundNonce({ ...of, sequence: 0 }))
  expect(refundNonce({ ...of, sequence: 0 })).toMatchInlineSnapshot(
    `"0x30f6bf443439ab44a65a670ba897bbe8b5b4220324a811aaa2635ee2a925f237"`,
  )
  const others = [
    refundNonce({ ...of, sequence: 1 }),
    refundNonce({ ...of, sequence: 0, chainId: 8453 }),
    refundNonce({ ...of, sequence: 0, token: rig.sandbox.wallets.gas.address }),
    refundNonce({ ...of, sequence: 0, paymentRef: paymentRefOf(`0x${'22'.repeat(32)}`) }),
  ]
  expect(new Set([...others, refundNonce({ ...of, sequence: 0 })]).size).toBe(5)
})

test('a payer whose refund is carried 20 times from 3 wallets gets it once', async () => {
  const { chain, sandbox, offer } = rig
  const { seller, buyer, gas, gas2, gas3 } = sandbox.wallets
  const keys = [seller.privateKey]
  const payouts = [gas, gas2, gas3].map(({ privateKey }) =>
    createPayout({ chain, keys, carriers: [createSender({ chain, privateKey })] }),
  )
  const [payout] = payouts
  if (!payout) throw new Error('no payout')
  const refund = { token: offer.token, from: seller.address, to: buyer.address, value: price }
  expect(await payout.findObstacle(refund)).toBeUndefined()
  const paymentRef = paymentRefOf(someNonce)
  const nonce = payout.refundNonce({
    chainId: 84532,
    token: offer.token,
    paymentRef,
    sequence: 0,
  })
  const validBefore = (await sandbox.timestamp()) + 3_600n
  const { from, to, value } = refund
  const authorization = { from, to, value, validAfter: 0n, validBefore, nonce }
  const signature = await payout.sign(offer.token, authorization)
  const sinceBlock = (await chain.head()).number

  await sandbox.stallBlocks()
  const carried = await Promise.all(
    Array.from({ length: 20 }, async (_, index) =>
      (payouts[index % 3] ?? payout).carry(
        { token: offer.token, authorization: { ...authorization, signature }, previous: [] },
        keep().journal,
      ),
    ),
  )
  await sandbox.resumeBlocks()

  expect(new Set(carried.map(({ kind }) => kind))).toEqual(new Set(['submitted']))
  const sighting = await chain.observe({
    ...{ token: offer.token, from, to, value, nonce, validBefore, sinceBlock },
    finality: 'latest',
    waitMs: 5_000,
  })
  expect(sighting.kind).toBe('confirmed')
  expect(await sandbox.transfers({ from, to })).toHaveLength(1)
})

describe('obstacles', () => {
  async function findObstacle(
    change: Partial<{ to: Address; value: bigint }> = {},
  ): Promise<PayoutObstacle | undefined> {
    const { chain, sandbox, offer } = rig
    const { seller, buyer, gas2 } = sandbox.wallets
    const carriers = [createSender({ chain, privateKey: gas2.privateKey })]
    const payout = createPayout({ chain, keys: [seller.privateKey], carriers })
    const refund = { token: offer.token, from: seller.address, to: buyer.address, value: price }
    return await payout.findObstacle({ ...refund, ...change })
  }

  test('what passes by itself is told apart from what needs a person', async () => {
    const { sandbox } = rig
    const { seller, buyer, gas2 } = sandbox.wallets
    expect(await findObstacle()).toBeUndefined()
    expect(await findObstacle({ value: 10n ** 12n })).toMatchObject({ kind: 'passing' })
    await sandbox.pause()
    expect(await findObstacle()).toEqual({ kind: 'passing', reason: 'the token is paused' })
    await sandbox.unpause()
    await askNode(sandbox, 'anvil_setBalance', [gas2.address, '0x1'])
    expect(await findObstacle()).toMatchObject({
      kind: 'passing',
      reason: expect.stringMatching(/gas wallet/),
    })
    await askNode(sandbox, 'anvil_setBalance', [gas2.address, '0xde0b6b3a7640000'])
    for (const account of [buyer.address, seller.address]) {
      await sandbox.blacklist(account)
      expect(await findObstacle()).toMatchObject({
        kind: 'lasting',
        reason: expect.stringMatching(RegExp(account)),
      })
      await sandbox.unblacklist(account)
    }
    expect(await findObstacle({ to: rig.offer.token })).toMatchObject({ kind: 'lasting' })
  })

  test('a delegated seller wallet (EIP-7702) cannot sign refunds, and is found out', async () => {
    const { chain, sandbox } = rig
    const { seller, stranger } = sandbox.wallets
    const { privateKey, address: payee } = seller
    await probeSigner({ chain, privateKey, payee })
    const designator = concatHex(['0xef0100', stranger.address])
    await askNode(sandbox, 'anvil_setCode', [payee, designator])
    expect(await findObstacle()).toMatchObject({
      kind: 'lasting',
      reason: expect.stringMatching(/7702/),
    })
    await expect(probeSigner({ chain, privateKey, payee })).rejects.toMatchObject({
      code: 'SIGNER_MISMATCH',
    })
    await askNode(sandbox, 'anvil_setCode', [payee, '0x'])
  })

  test('a chain that cannot be asked is no obstacle but an error', async () => {
    const rule = rig.proxy.add({ method: 'eth_call', effect: { kind: 'dropBefore' } })
    await expect(findObstacle()).rejects.toMatchObject({ code: 'CHAIN_UNREACHABLE' })
    rule.remove()
  })
})

test('a payout signs only for the payees whose keys it holds', async () => {
  const { chain, sandbox, offer } = rig
  const { seller, buyer, stranger } = sandbox.wallets
  const payout = createPayout({ chain, keys: [seller.privateKey, buyer.privateKey] })
  expect(payout.canSignFor(seller.address.toLowerCase() as Address)).toBe(true)
  expect(payout.canSignFor(stranger.address)).toBe(false)
  const authorization = {
    from: stranger.address,
    to: buyer.address,
    value: price,
    validAfter: 0n,
    validBefore: 2n ** 40n,
    nonce: someNonce,
  }
  const failing = payout.sign(offer.token, authorization)
  await expect(failing).rejects.toMatchObject({ code: 'SIGNER_REFUSED' })
  await expect(payout.sign(stranger.address, authorization)).rejects.toMatchObject({
    code: 'CHAIN_MISMATCH',
  })
  const own = { ...authorization, from: seller.address }
  const signature = await payout.sign(offer.token, own)
  expect(await chain.isAuthorizedBy(offer.token, { ...own, signature })).toBe(true)
  const wrong = probeSigner({ chain, privateKey: buyer.privateKey, payee: seller.address })
  await expect(wrong).rejects.toMatchObject({ code: 'SIGNER_MISMATCH' })
  expect(() => createPayout({ chain, keys: ['0xs3cr3t'] })).toThrow('keys')
  expect(() => createPayout({ chain, keys: ['0xs3cr3t'] })).not.toThrow('s3cr3t')
  expect(() => createPayout({ chain, keys: [] })).toThrow('keys')
})

test('a refund that the token would revert says so, and nothing of it has left', async () => {
  const { chain, sandbox, offer } = rig
  const { seller, buyer, gas2 } = sandbox.wallets
  const carriers = [createSender({ chain, privateKey: gas2.privateKey })]
  const payout = createPayout({ chain, keys: [seller.privateKey], carriers })
  const validBefore = (await sandbox.timestamp()) + 3_600n
  const nonce = `0x${'5e'.repeat(32)}` as const
  const terms = { from: seller.address, to: buyer.address, value: 10n ** 15n, nonce }
  const authorization = { ...terms, validAfter: 0n, validBefore }
  const signature = await payout.sign(offer.token, authorization)
  const { journal, kept } = keep()
  const signed = { ...authorization, signature }
  const carried = await payout.carry(
    { token: offer.token, authorization: signed, previous: [] },
    journal,
  )
  expect(carried).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/exceeds/) })
  expect(kept).toEqual([])
})

test('a wallet whose key is elsewhere refunds by its signer, while another wallet pays the gas', async () => {
  const { chain, sandbox, offer } = rig
  const { seller, buyer, gas } = sandbox.wallets
  const account = privateKeyToAccount(seller.privateKey)
  const asked: string[] = []
  const remote: PayeeSigner = {
    address: seller.address,
    signTypedData: async (typedData) => {
      asked.push(typedData.primaryType)
      return await account.signTypedData(typedData as never)
    },
  }
  expect(() => createPayout({ chain, keys: [remote] })).toThrow('carriers')
  const carriers = [createSender({ chain, privateKey: gas.privateKey })]
  const payout = createPayout({ chain, keys: [remote], carriers })
  expect([...payout.payees]).toEqual([seller.address])
  const authorization = {
    ...{ from: seller.address, to: buyer.address, value: price, nonce: someNonce },
    ...{ validAfter: 0n, validBefore: 2n ** 40n },
  }
  const signature = await payout.sign(offer.token, authorization)
  expect(asked).toEqual(['TransferWithAuthorization'])
  expect(await chain.isAuthorizedBy(offer.token, { ...authorization, signature })).toBe(true)
})
