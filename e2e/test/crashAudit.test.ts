import { expect, test } from 'vitest'
import { audit } from '../crash/audit.ts'
import { price, walletOf } from '../crash/gatewayEnv.ts'
import { impatient, startScene } from '../crash/startScene.ts'

/** The audit of the crash tests must see what they look for. */

test('a refund beside a delivery, a payment without a record and a foreign token are seen', async () => {
  await using scene = await startScene()
  const { chain } = scene
  const [buyer] = scene.buyers
  if (!buyer) throw new Error('There is no buyer')
  await scene.start()
  expect(await buyer.buy().first).toMatchObject({ status: 200 })
  await scene.kill()
  expect(await audit(scene)).toMatchObject({ payments: 1, refunds: 0, delivered: 1 })

  const before = await chain.snapshot()
  const seller = walletOf(chain, 'seller')
  await chain.transfer(seller.address, buyer.address, price)
  await expect(audit(scene)).rejects.toThrow('refunds 0 challenges')
  await chain.revert(before)
  const again = await chain.snapshot()
  await chain.transfer(buyer.address, seller.address, price)
  await expect(audit(scene)).rejects.toThrow('bought 0 challenges')
  await chain.revert(again)
  const [[id] = ['']] = [...buyer.received]
  const forged = { ...buyer, received: new Map([[id, new Set(['another token'])]]) }
  await expect(audit({ ...scene, buyers: [forged] })).rejects.toThrow('stored another token')
  await chain.mint(buyer.address, 1n)
  await expect(audit(scene)).rejects.toThrow(`holds ${1_000_000_000n - price + 1n} instead of`)
})

test('a buyer who was handed something and refunded is seen, and so is money that waits', async () => {
  await using scene = await startScene()
  const [buyer] = scene.buyers
  if (!buyer) throw new Error('There is no buyer')
  scene.backend.setMode('fail')
  await scene.start()
  const purchase = buyer.buy()
  expect(await purchase.first).toMatchObject({ status: 502 })
  await scene.kill()
  await expect(audit(scene)).rejects.toThrow('ended in PAID')
  await scene.start(impatient)
  const { challengeId } = await scene.until(({ state }) => state === 'REFUNDED')
  await scene.kill()
  expect(await audit(scene)).toMatchObject({ payments: 1, refunds: 1, delivered: 0 })
  const handed = { ...buyer, received: new Map([[challengeId, new Set(['token'])]]) }
  await expect(audit({ ...scene, buyers: [handed] })).rejects.toThrow('received and is REFUNDED')
})
