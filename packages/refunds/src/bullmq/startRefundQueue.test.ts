import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createMemoryStore } from '@key0/core/memory'
import { startSandbox } from '@key0/sandbox'
import { type RedisServer, startRedis, startRedisCluster } from '@key0/test-services'
import { Queue } from 'bullmq'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { paidUndelivered } from '../../test/paidUndelivered.ts'
import { processRefunds } from '../processRefunds.ts'
import { connectRedis } from './connectRedis.ts'
import { type PassTrigger, type RefundQueue, startRefundQueue } from './startRefundQueue.ts'

/** Long enough that no job and no watchdog comes by itself within a test. */
const NEVER_MS = 3_600_000
const patience = { timeout: 20_000, interval: 20 } as const

let cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.toReversed()) await clean()
  cleanups = []
})

type Start = Partial<Parameters<typeof startRefundQueue>[0]>

/** A process of the worker, as far as a schedule can tell. */
function start(redisUrl: string | readonly string[], options: Start = {}): RefundQueue {
  const queue = startRefundQueue({ redisUrl, pass: async () => {}, onError: () => {}, ...options })
  cleanups.push(() => queue.close())
  return queue
}

/** What an operator sees in the queue. */
function lookAt(redisUrl: string | readonly string[]): Queue {
  const connection = connectRedis(redisUrl)
  const queue = new Queue('refund-cron', { connection, prefix: '{bull}' })
  connection.on('error', () => {})
  queue.on('error', () => {})
  cleanups.push(async () => {
    await queue.close()
    connection.disconnect()
  })
  return queue
}

const nodes = {
  'one server': async () => {
    const server = await startRedis()
    return { redisUrl: server.url, stop: server.stop }
  },
  'a cluster': async () => {
    const cluster = await startRedisCluster()
    return { redisUrl: cluster.nodes.map(({ url }) => url), stop: cluster.stop }
  },
}

describe.each(Object.entries(nodes))('on %s', (_, open) => {
  let redisUrl: string | readonly string[]
  beforeAll(async () => {
    const opened = await open()
    redisUrl = opened.redisUrl
    return opened.stop
  })

  afterEach(async () => {
    const queue = lookAt(redisUrl)
    await queue.obliterate({ force: true })
  })

  test('three replicas share one schedule: every tick is one pass of one of them', async () => {
    const jobs: string[] = []
    const replicas = ['a', 'b', 'c'].map((name) =>
      start(redisUrl, {
        intervalMs: 100,
        pass: async (trigger) => {
          if (trigger === 'job') jobs.push(name)
        },
      }),
    )
    const queue = lookAt(redisUrl)
    await vi.waitFor(() => expect(jobs.length).toBeGreaterThan(8), patience)
    expect(await queue.getJobSchedulersCount()).toBe(1)
    expect(await queue.getDelayedCount()).toBeLessThan(2)
    await Promise.all(replicas.map((replica) => replica.close()))
    expect(await queue.getFailed()).toEqual([])
    expect(await queue.getCompletedCount()).toBe(jobs.length)
  })

  test('a tick that a worker takes while it ends is no pass less: none is done without its own', async () => {
    let passes = 0
    const pass = async (trigger: PassTrigger): Promise<void> => {
      if (trigger === 'job') passes += 1
    }
    const queue = lookAt(redisUrl)
    for (let ending = 0; ending < 25; ending += 1) {
      const worker = start(redisUrl, { intervalMs: NEVER_MS, pass })
      await vi.waitFor(async () => expect(await queue.getWorkersCount()).toBe(1), patience)
      // Ticks come while it says goodbye; the queue shows the last hundred that were done.
      const ticks = Array.from({ length: 3 }, () => queue.add('process-refunds', {}))
      await Promise.all([...ticks, worker.close()])
      expect(await queue.getCompletedCount(), `ending ${ending}`).toBe(passes)
    }
  })

  test('the job of a worker that was killed is taken over', async () => {
    const queue = lookAt(redisUrl)
    const victim = await spawnWorker(redisUrl)
    await vi.waitFor(async () => expect(await queue.getActiveCount()).toBe(1), patience)
    const [job] = await queue.getActive()
    victim.kill('SIGKILL')
    await once(victim, 'exit')
    start(redisUrl, { intervalMs: NEVER_MS, stalledAfterMs: 200 })
    await vi.waitFor(async () => expect(await job?.isCompleted()).toBe(true), patience)
  })

  test('duplicate jobs, taken by several workers at once, send one refund', async () => {
    await using chain = await startSandbox()
    const store = createMemoryStore()
    const id = await paidUndelivered(chain, store)
    const { buyer, seller } = chain.wallets
    const pass = () =>
      processRefunds({
        store,
        walletPrivateKey: seller.privateKey,
        network: 'testnet',
        rpcUrl: chain.rpcUrl,
      })
    const queue = lookAt(redisUrl)
    const errors: unknown[] = []
    const onError = (error: unknown): unknown => errors.push(error)
    for (const _ of ['a', 'b', 'c']) start(redisUrl, { pass, onError, intervalMs: NEVER_MS })
    await queue.addBulk(Array.from({ length: 9 }, () => ({ name: 'process-refunds', data: {} })))
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(10), patience)
    expect(await store.get(id)).toMatchObject({ state: 'REFUNDED' })
    expect(await chain.transfers({ from: seller.address, to: buyer.address })).toHaveLength(1)
    expect(errors).toEqual([])
  })
})

describe('when Redis is away', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    return server.stop
  })

  test('passes go on by themselves, and the schedule comes back with Redis', async () => {
    const seen: PassTrigger[] = []
    const errors: string[] = []
    start(server.url, {
      intervalMs: 50,
      pass: async (trigger) => void seen.push(trigger),
      onError: (_, of) => errors.push(of),
    })
    await vi.waitFor(() => expect(seen).toContain('job'), patience)
    await server.kill()
    seen.length = 0
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(3), patience)
    expect(new Set(seen.slice(1))).toEqual(new Set(['watchdog']))
    expect(errors, 'told once, not with every attempt').toEqual(['queue'])
    // It kept nothing on disk, so the schedule itself was lost.
    await server.restart()
    await vi.waitFor(() => expect(seen).toContain('job'), patience)
  })

  test('from the start: the first pass waits for nobody, and closing does not either', async () => {
    await server.kill()
    const seen: PassTrigger[] = []
    const queue = start(server.url, {
      intervalMs: 50,
      pass: async (trigger) => void seen.push(trigger),
    })
    expect(seen).toEqual(['start'])
    await vi.waitFor(() => expect(seen).toContain('watchdog'), patience)
    expect(queue.status()).toMatchObject({ lastPassAgeMs: expect.any(Number) })
    await queue.close()
    const passes = seen.length
    await server.restart()
    expect(seen).toHaveLength(passes)
  })
})

describe('a single worker', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
    return server.stop
  })

  test('closing waits for the pass that runs, and its job counts as done', async () => {
    let finish = (): void => {}
    const began: PassTrigger[] = []
    const pass = (trigger: PassTrigger): Promise<void> => {
      began.push(trigger)
      return trigger === 'start' ? Promise.resolve() : new Promise((done) => (finish = done))
    }
    const worker = start(server.url, { intervalMs: NEVER_MS, pass })
    const queue = lookAt(server.url)
    await vi.waitFor(() => expect(began).toEqual(['start', 'job']), patience)
    expect(worker.status()).toMatchObject({ runningForMs: expect.any(Number) })
    let closed = false
    const closing = worker.close().then(() => {
      closed = true
    })
    await queue.add('process-refunds', {})
    expect(closed).toBe(false)
    finish()
    await closing
    expect(began).toHaveLength(2)
    expect(await queue.getCompletedCount()).toBe(1)
    expect(await queue.getWaitingCount()).toBe(1)
    await queue.obliterate({ force: true })
  })

  test('a pass that throws is told and marks its job, and the next one comes', async () => {
    const errors: unknown[] = []
    let passes = 0
    start(server.url, {
      intervalMs: 50,
      onError: (error) => errors.push(error),
      pass: async () => {
        passes += 1
        if (passes < 4) throw new Error('the chain is away')
      },
    })
    const queue = lookAt(server.url)
    await vi.waitFor(() => expect(passes).toBeGreaterThan(5), patience)
    expect(errors).toHaveLength(3)
    expect(await queue.getFailedCount()).toBeGreaterThan(0)
  })

  test('a Redis with a password is spoken to with it', async () => {
    const own = await startRedis()
    cleanups.push(own.stop)
    const before = connectRedis(own.url)
    await before.config('SET', 'requirepass', 's@cret')
    before.disconnect()
    const seen: PassTrigger[] = []
    start(own.url.replace('redis://', 'redis://:s%40cret@'), {
      intervalMs: NEVER_MS,
      pass: async (trigger) => void seen.push(trigger),
    })
    await vi.waitFor(() => expect(seen).toContain('job'), patience)
  })

  test.each([0, -1, 1.5, Number.NaN, 604_800_001])(
    'an interval of %s ms is refused',
    (intervalMs) => {
      expect(() => start(server.url, { intervalMs })).toThrow(/intervalMs/)
    },
  )
})

/** A worker in a process of its own, in a pass that never ends; resolves once that began. */
async function spawnWorker(redisUrl: string | readonly string[]) {
  const program = `
    import { startRefundQueue } from ${JSON.stringify(new URL('startRefundQueue.ts', import.meta.url).href)}
    startRefundQueue({
      redisUrl: ${JSON.stringify(redisUrl)},
      intervalMs: ${NEVER_MS},
      stalledAfterMs: 200,
      onError: console.error,
      pass: (trigger) => {
        if (trigger === 'start') return Promise.resolve()
        console.log('began')
        return new Promise(() => {})
      },
    })`
  const child = spawn(
    process.execPath,
    ['--conditions=@key0/source', '--input-type=module', '--eval', program],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  cleanups.push(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}
