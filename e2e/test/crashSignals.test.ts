import { connect } from 'node:net'
import { hasOpenIntent, sameAddress } from '@key0/core'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { audit } from '../crash/audit.ts'
import { isOnItsWay } from '../crash/goShopping.ts'
import { type Fleet, startFleet } from '../crash/startFleet.ts'
import { spawnGateway } from '../crash/startGateway.ts'
import { startScene } from '../crash/startScene.ts'
import { stopServers } from '../src/servers.ts'

/** What an operator's restart does: SIGTERM, and the process ends by itself. */

/** In each the gateway is asked to end while it settles, and the worker while it refunds. */
const given = process.env.KEY0_TERM_CYCLES
const stores = [
  { store: 'redis', cycles: Number(given ?? 2) },
  { store: 'postgres', cycles: Number(given ?? 1) },
] as const
const most = Math.max(...stores.map(({ cycles }) => cycles))

vi.setConfig({ maxConcurrency: 4, testTimeout: 60_000 })
afterAll(stopServers)

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

test.each(stores)(
  'SIGTERM, $cycles times at a gateway that settles and a worker that refunds, on $store',
  async ({ store, cycles }) => {
    const env = { REFUND_MIN_AGE_MS: '0' }
    await using fleet = await startFleet({ store, workers: 1, buyers: 4, env })
    const { gateway, workers, backend } = fleet
    const [worker] = workers
    if (!worker) throw new Error('There is no worker')
    await Promise.all([gateway.start(), worker.start()])
    await fleet.chain.intervalMining(1)
    const keys: string[] = []
    backend.setMode((key) => {
      if (!keys.includes(key)) keys.push(key)
      return keys.indexOf(key) % 2 === 0 ? 'ok' : 'fail'
    })
    let answered = 0
    let resumed = 0
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      for (const { rpc } of [gateway, worker]) rpc.clearCalls()
      const purchases = fleet.buyers.map((buyer) => ({ buyer, ...buyer.buy() }))
      await gateway.rpc.waitForCall('eth_sendRawTransaction', { timeoutMs: 20_000 })
      const taken = await listTaken(fleet)
      gateway.process().signal('SIGTERM')
      expect(await gateway.process().exited, 'the gateway’s exit').toBe(0)
      for (const { buyer, first } of purchases) {
        const answer = await first
        if (answer) answered += 1
        const isTaken = taken.some((from) => sameAddress(from, buyer.address))
        if (isTaken) expect([200, 502, 410], 'whose payment was taken').toContain(answer?.status)
      }
      await gateway.start()
      const insisting = purchases.map(async ({ first, isSigned, insist }) => {
        if ((await first)?.status === 200 || !isSigned()) return
        expect([200, 410]).toContain((await insist()).status)
        resumed += 1
      })
      await worker.rpc.waitForCall('eth_sendRawTransaction', { timeoutMs: 20_000 })
      worker.process().signal('SIGTERM')
      expect(await worker.process().exited, 'the worker’s exit').toBe(0)
      const states = (await fleet.records()).map(({ state }) => state)
      expect(states, 'its refunds are finished').not.toContain('REFUND_PENDING')
      await worker.start()
      await Promise.all(insisting)
    }
    await vi.waitFor(async () => expect((await fleet.records()).some(isOnItsWay)).toBe(false), {
      timeout: 30_000,
      interval: 100,
    })
    await Promise.all([gateway, worker].map((it) => it.process().kill()))
    const { records, ...sums } = await audit(fleet)
    process.stdout.write(`${JSON.stringify({ store, cycles, ...sums, answered, resumed })}\n`)
    expect(records.length).toBeGreaterThan(0)
    expect(sums.payments).toBe(sums.delivered + sums.refunds)
    expect(sums.refunds, 'refunds were under way').toBeGreaterThanOrEqual(cycles)
  },
  60_000 + most * 20_000,
)

/** Whose payments the gateway holds, and has not answered yet. */
async function listTaken({ records }: Fleet): Promise<readonly string[]> {
  const open = (await records()).filter(hasOpenIntent)
  return open.flatMap(({ intent }) => (intent ? [intent.authorization.from] : []))
}
