import { describe, expect, test, vi } from 'vitest'
import { audit } from '../crash/audit.ts'
import { refundPoints } from '../crash/points.ts'
import { impatient, startScene } from '../crash/startScene.ts'

/*
 * The backend fails, the money is on its way back, and the gateway is killed (kill -9) at a chosen
 * moment of the refund. It is paid once, and a buyer that comes back meanwhile is sold nothing.
 */

vi.setConfig({ maxConcurrency: 6, testTimeout: 60_000 })

describe.concurrent('the money comes back once; killed', () => {
  test.each(refundPoints)('$name', async (point) => {
    await using scene = await startScene()
    await scene.start(impatient)
    scene.ledger()
    scene.rpc.clearCalls()
    scene.backend.setMode('fail')
    const reached = await point.arm(scene)
    const [buyer] = scene.buyers
    if (!buyer) throw new Error('There is no buyer')
    const purchase = buyer.buy()
    await reached()
    await scene.kill()
    expect(await purchase.first, 'paid, not delivered').toMatchObject({ status: 502 })
    scene.ledger().unlock()
    scene.rpc.clear()
    scene.backend.setMode('ok')
    await point.whileDead?.(scene)

    await scene.start(impatient)
    expect(await purchase.repeat(), 'a buyer that comes back').toMatchObject({ status: 410 })
    await scene.until(({ state }) => state === 'REFUNDED')
    await scene.kill()
    const accounts = await audit(scene)
    expect(accounts).toMatchObject({ payments: 1, refunds: 1, delivered: 0 })
    expect(buyer.received.size).toBe(0)
    expect(await scene.chain.balanceOf(buyer.address)).toBe(1_000_000_000n)
  })
})
