import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Buyer } from '../crash/createBuyer.ts'
import { price } from '../crash/gatewayEnv.ts'
import type { Member } from '../crash/startFleet.ts'
import { stopServers } from '../src/servers.ts'
import { startWorkerScene, type WorkerScene } from './workerScene.ts'

/*
 * A gateway that leaves refunds to two workers beside it, as processes of their own: on Redis they
 * share a BullMQ schedule, on PostgreSQL each has a timer. Every buyer gets its money back once,
 * whichever worker is killed (kill -9) and whenever.
 */

vi.setConfig({ testTimeout: 60_000 })
afterAll(stopServers)

describe.each(['redis', 'postgres'] as const)('on %s', (kind) => {
  let scene: WorkerScene
  beforeAll(async () => {
    scene = await startWorkerScene(kind)
    scene.backend.setMode('fail')
    await Promise.all(scene.workers.map((worker) => worker.start()))
    return () => scene[Symbol.asyncDispose]()
  })

  /** Pays for something that is not delivered; the refund may begin before the answer is out. */
  async function lose(buyer: Buyer): Promise<void> {
    const answer = await buyer.buy().first
    expect([502, 410], JSON.stringify(answer)).toContain(answer?.status)
    expect(buyer.received.size).toBe(0)
  }

  /** What only the chain can say: every payment of every buyer went back once. */
  async function expectWhole(buyers: readonly Buyer[]): Promise<void> {
    await scene.untilRefunded()
    for (const buyer of buyers) {
      expect(await scene.refundsOf(buyer)).toEqual([price])
      expect(await scene.missing(buyer)).toBe(0n)
    }
  }

  test('buyers who got nothing are refunded once, two workers or not', async () => {
    const buyers = Array.from({ length: 4 }, () => scene.nextBuyer())
    await Promise.all(buyers.map(lose))
    await expectWhole(buyers)
  })

  test('a worker is killed after its transaction was sent: the other one sees it', async () => {
    const buyer = scene.nextBuyer()
    const caught = Promise.race(scene.workers.map((worker) => firstSending(worker, 'hangAfter')))
    await lose(buyer)
    const victim = await caught
    await victim.process().kill()
    for (const { rpc } of scene.workers) rpc.clear()
    await expectWhole([buyer])
    await victim.start()
  })

  test('a worker is killed before its transaction left: the next one pays, once', async () => {
    const [victim, next] = scene.workers
    next.process().signal('SIGTERM')
    expect(await next.process().exited).toBe(0)
    const buyer = scene.nextBuyer()
    const caught = firstSending(victim, 'hang')
    await lose(buyer)
    await caught
    await victim.process().kill()
    victim.rpc.clear()
    await next.start()
    await expectWhole([buyer])
  })

  test('a worker that is asked to end finishes its refund first', async () => {
    const [, worker] = scene.workers
    const buyer = scene.nextBuyer()
    worker.rpc.clearCalls()
    let go = (): void => {}
    const until = new Promise<void>((done) => {
      go = done
    })
    worker.rpc.add({ method: 'eth_sendRawTransaction', effect: { kind: 'hold', until } })
    await lose(buyer)
    await worker.rpc.waitForCall('eth_sendRawTransaction', { timeoutMs: 20_000 })
    worker.process().signal('SIGTERM')
    await vi.waitFor(() => expect(worker.process().output()).toContain('stopping'), 10_000)
    go()
    expect(await worker.process().exited).toBe(0)
    expect((await scene.records()).map(({ state }) => state)).not.toContain('REFUND_PENDING')
    await expectWhole([buyer])
  })
})

test('on one machine, workers open the gateway’s own file: refunded once', async () => {
  await using scene = await startWorkerScene('embedded')
  scene.backend.setMode('fail')
  await Promise.all(scene.workers.map((worker) => worker.start()))
  const buyer = scene.nextBuyer()
  const purchase = await buyer.buy().first
  expect([502, 410]).toContain(purchase?.status)
  await scene.untilRefunded()
  expect(await scene.refundsOf(buyer)).toEqual([price])
  expect(await scene.missing(buyer)).toBe(0n)
})

/** The worker, once it sends a transaction; that call is never answered. */
function firstSending(worker: Member, effect: 'hang' | 'hangAfter'): Promise<Member> {
  return new Promise((caught) => {
    worker.rpc.add({
      method: 'eth_sendRawTransaction',
      when: () => {
        caught(worker)
        return true
      },
      effect: { kind: effect },
    })
  })
}
