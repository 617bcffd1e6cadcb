import { describe, expect, test, vi } from 'vitest'
import { audit } from '../crash/audit.ts'
import { price } from '../crash/gatewayEnv.ts'
import { type Point, paymentPoints } from '../crash/points.ts'
import { impatient, patient, type Scene, startScene } from '../crash/startScene.ts'

/*
 * The gateway is killed (kill -9) at a chosen moment of one payment and started again on the same
 * data. Either the buyer repeats its payment and gets what it paid for, or nobody comes back and
 * the money does.
 */

vi.setConfig({ maxConcurrency: 6, testTimeout: 60_000 })

async function killAt(scene: Scene, point: Point) {
  await scene.start(patient)
  scene.ledger()
  scene.rpc.clearCalls()
  const reached = await point.arm(scene)
  const [buyer] = scene.buyers
  if (!buyer) throw new Error('There is no buyer')
  const purchase = buyer.buy()
  await reached()
  await scene.kill()
  scene.ledger().unlock()
  scene.rpc.clear()
  scene.backend.setMode('ok')
  scene.backend.setBeforeAnswer(undefined)
  expect(await purchase.first, 'nobody was answered').toBeUndefined()
  await point.whileDead?.(scene)
  return { buyer, purchase }
}

describe.concurrent('the buyer repeats its payment and gets what it paid for; killed', () => {
  test.each(paymentPoints)('$name', async (point) => {
    await using scene = await startScene()
    const { buyer, purchase } = await killAt(scene, point)
    await scene.start(patient)
    expect((await purchase.insist()).status).toBe(200)
    expect(await purchase.repeat(), 'and again, for nothing').toMatchObject({ status: 200 })
    await scene.kill()
    const accounts = await audit(scene)
    expect(accounts).toMatchObject({ payments: 1, refunds: 0, delivered: 1 })
    expect(buyer.signed(), 'the buyer never had to sign twice').toBe(1)
    expect(scene.backend.minted()).toBe(1)
    expect(await scene.chain.balanceOf(buyer.address)).toBe(1_000_000_000n - price)
  })
})

const [verifying, ...afterTheIntent] = paymentPoints

describe.concurrent('nobody comes back and the money does; killed', () => {
  test.each(afterTheIntent)('$name', async (point) => {
    await using scene = await startScene()
    const { buyer, purchase } = await killAt(scene, point)
    await scene.start(impatient)
    await scene.until(({ state }) => state === 'REFUNDED')
    expect(await purchase.repeat(), 'who comes too late is told').toMatchObject({ status: 410 })
    await scene.kill()
    const accounts = await audit(scene)
    expect(accounts).toMatchObject({ payments: 1, refunds: 1, delivered: 0 })
    expect(buyer.received.size).toBe(0)
    expect(await scene.chain.balanceOf(buyer.address)).toBe(1_000_000_000n)
  })

  test('while the payment is verified: nothing was paid', async () => {
    if (!verifying) throw new Error('There are no points')
    await using scene = await startScene()
    const { buyer } = await killAt(scene, verifying)
    await scene.start(impatient)
    await scene.kill()
    expect(await audit(scene)).toMatchObject({ payments: 0, refunds: 0, delivered: 0 })
    expect(await scene.chain.balanceOf(buyer.address)).toBe(1_000_000_000n)
  })
})
