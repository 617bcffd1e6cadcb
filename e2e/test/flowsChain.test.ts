import { createRefunds } from '@key0/refunds'
import { startSandbox } from '@key0/sandbox'
import { describe, expect, test } from 'vitest'
import { checkBooks } from '../src/checkBooks.ts'
import { createBuyer } from '../src/createBuyer.ts'
import { recoverFor } from '../src/recoverFor.ts'
import { startShop } from '../src/startShop.ts'

describe.each(['memory', 'sqlite'] as const)('a buyer at a shop with a store in %s', (store) => {
  describe('whose payment no block takes up', () => {
    test('waits without being asked to sign, until it is void; then may pay anew', async () => {
      await using sandbox = await startSandbox()
      await using shop = await startShop({ sandbox, store, settleWaitMs: 250 })
      const buyer = await createBuyer(shop)
      const body = { planId: 'basic', requestId: 'stalled-0123456789ab' }
      const offer = await buyer.offered(body)
      const payment = await buyer.sign(offer)
      await sandbox.stallBlocks()
      const replies = [
        await buyer.pay(payment.header, body),
        await buyer.pay(payment.header, body),
        await buyer.pay((await buyer.sign(offer)).header, body),
        await buyer.ask(body),
      ]
      expect(replies.map(({ status, code }) => [status, code])).toEqual(
        Array(4).fill([503, 'SETTLEMENT_PENDING']),
      )
      // Its time passes by the wall clock, but no block has said so.
      shop.clock.advance(400_000)
      await shop.key0().recover()
      expect(await shop.records()).toMatchObject([{ state: 'PENDING', intent: { stage: 'OPEN' } }])
      expect((await buyer.pay(payment.header, body)).status).toBe(503)
      await expect(shop.key0().cancelChallenge(offer.challengeId)).rejects.toMatchObject({
        code: 'SETTLEMENT_PENDING',
      })
      await sandbox.increaseTime(400)
      await sandbox.resumeBlocks()
      await sandbox.mine()
      await recoverFor(shop, 2)
      expect(await shop.records()).toMatchObject([
        { state: 'PENDING', intent: { stage: 'VOID', voidReason: 'AUTHORIZATION_EXPIRED' } },
      ])
      const anew = await buyer.sign(await buyer.offered(body))
      expect((await buyer.pay(anew.header, body)).status).toBe(200)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('sees its challenge expire only after its payment is dead', async () => {
      await using sandbox = await startSandbox()
      await using shop = await startShop({ sandbox, store, settleWaitMs: 250 })
      const buyer = await createBuyer(shop)
      const offer = await buyer.offered()
      const { header } = await buyer.sign(offer)
      await sandbox.stallBlocks()
      expect((await buyer.pay(header)).status).toBe(503)
      shop.clock.advance(1_000_000)
      await shop.key0().recover()
      expect(await shop.records()).toMatchObject([{ state: 'PENDING' }])
      await sandbox.increaseTime(1_000)
      await sandbox.resumeBlocks()
      await sandbox.mine()
      await recoverFor(shop)
      expect(await shop.records()).toMatchObject([{ state: 'EXPIRED', intent: { stage: 'VOID' } }])
      const late = await buyer.pay(header)
      expect([late.status, late.code]).toEqual([410, 'CHALLENGE_EXPIRED'])
      expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
      expect(await checkBooks(shop)).toEqual([])
    })
  })

  describe('whose chain reorganises', () => {
    const finality = { payment: 'latest', refund: 'finalized' } as const

    test('pays once: the dropped payment is brought back', async () => {
      await using sandbox = await startSandbox({ slotsInAnEpoch: 1 })
      await using shop = await startShop({ sandbox, store, finality })
      const buyer = await createBuyer(shop)
      const { reply, payment } = await buyer.buy()
      expect(reply.status).toBe(200)
      await sandbox.reorg(1)
      expect(await sandbox.transfers({ from: buyer.address })).toEqual([])
      await recoverFor(shop, 1)
      expect(await sandbox.transfers({ from: buyer.address })).toHaveLength(1)
      await sandbox.mine(4)
      await recoverFor(shop, 1)
      expect(await shop.records()).toMatchObject([{ state: 'DELIVERED', paymentFinal: true }])
      expect((await buyer.pay(payment.header)).text).toBe(reply.text)
      expect(await checkBooks(shop)).toEqual([])
    })

    test('gets an undelivered payment back once, whatever block the refund was in', async () => {
      await using sandbox = await startSandbox({ slotsInAnEpoch: 1 })
      await using shop = await startShop({ sandbox, store, finality })
      const buyer = await createBuyer(shop)
      const whole = await sandbox.balanceOf(buyer.address)
      shop.issuer.behave('throws')
      expect((await buyer.buy()).reply.status).toBe(502)
      const { chain } = shop.key0()
      const refunds = createRefunds({
        ...{ store: shop.store(), chain, clock: shop.clock, minAgeMs: 0, waitMs: 300 },
        walletPrivateKey: shop.seller.privateKey,
        finality: 'finalized',
      })
      expect(await refunds.run()).toEqual([])
      await sandbox.mine(4)
      expect(await refunds.run()).toMatchObject([{ success: false, pending: true }])
      expect(await sandbox.balanceOf(buyer.address)).toBe(whole)
      await sandbox.reorg(1)
      expect(await sandbox.balanceOf(buyer.address)).not.toBe(whole)
      shop.clock.advance(61_000)
      expect(await refunds.run()).toMatchObject([{ success: false, pending: true }])
      await sandbox.mine(4)
      shop.clock.advance(61_000)
      expect(await refunds.run()).toMatchObject([{ success: true }])
      expect(
        await sandbox.transfers({ to: buyer.address, from: shop.seller.address }),
      ).toHaveLength(1)
      expect(await sandbox.balanceOf(buyer.address)).toBe(whole)
      await recoverFor(shop, 1)
      expect(await checkBooks(shop)).toEqual([])
    })
  })
})
