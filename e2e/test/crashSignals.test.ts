import { connect } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { audit } from '../crash/audit.ts'
import { spawnGateway } from '../crash/startGateway.ts'
import { startScene } from '../crash/startScene.ts'

/** What an operator's restart does: SIGTERM, and the process ends by itself. */

vi.setConfig({ maxConcurrency: 4, testTimeout: 60_000 })

/** Resolves when the port takes no new connections. */
async function untilClosed(port: number): Promise<void> {
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false))
    })
    socket.destroy()
    if (!isOpen) return
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new Error('The gateway went on accepting')
}

describe.concurrent('SIGTERM', () => {
  test('during a settlement: the buyer gets the answer it paid for, and nobody new is let in', async () => {
    await using scene = await startScene()
    const gateway = await scene.start()
    await scene.chain.stallBlocks()
    const [buyer] = scene.buyers
    const purchase = buyer?.buy()
    await scene.rpc.waitForCall('eth_sendRawTransaction', { until: 'settled' })
    gateway.signal('SIGTERM')
    await untilClosed(Number(new URL(scene.url).port))
    await scene.chain.resumeBlocks()
    expect(await purchase?.first).toMatchObject({ status: 200 })
    const answeredAtMs = performance.now()
    expect(await gateway.exited).toBe(0)
    expect(performance.now() - answeredAtMs, 'no connection is waited for').toBeLessThan(3_000)
    expect(await audit(scene)).toMatchObject({ payments: 1, refunds: 0, delivered: 1 })
  })

  test('during a delivery: the buyer gets its token', async () => {
    await using scene = await startScene()
    const gateway = await scene.start()
    const [buyer] = scene.buyers
    scene.backend.setBeforeAnswer(() => {
      gateway.signal('SIGTERM')
      return untilClosed(Number(new URL(scene.url).port))
    })
    expect(await buyer?.buy().first).toMatchObject({ status: 200 })
    expect(await gateway.exited).toBe(0)
    expect(await audit(scene)).toMatchObject({ payments: 1, refunds: 0, delivered: 1 })
  })

  test('while idle, with a connection kept open: it ends at once', async () => {
    await using scene = await startScene()
    const gateway = await scene.start()
    const health = await fetch(`${scene.url}/health`)
    await health.text()
    const askedAtMs = performance.now()
    gateway.signal('SIGTERM')
    expect(await gateway.exited).toBe(0)
    expect(performance.now() - askedAtMs).toBeLessThan(3_000)
  })

  test('while it starts and the chain does not answer: it ends at once', async () => {
    await using scene = await startScene()
    scene.rpc.add({ effect: { kind: 'hang' } })
    const gateway = spawnGateway(scene.env())
    await scene.rpc.waitForCall('eth_chainId', { timeoutMs: 30_000 })
    const askedAtMs = performance.now()
    gateway.signal('SIGTERM')
    expect(await gateway.exited).toBe(0)
    expect(performance.now() - askedAtMs).toBeLessThan(4_000)
  })

  test('SIGINT ends it as well', async () => {
    await using scene = await startScene()
    const gateway = await scene.start()
    gateway.signal('SIGINT')
    expect(await gateway.exited).toBe(0)
  })
})
