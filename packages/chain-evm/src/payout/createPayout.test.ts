import { authorizationRef, type Hash, type PaymentRef } from '@key0/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keep, price, startRig, type TestRig } from '../../test/rig.ts'
import { createSender } from '../sender/createSender.ts'
import { createPayout } from './createPayout.ts'
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
