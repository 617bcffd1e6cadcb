import { Queue, Worker } from 'bullmq'
import { assertNumbers, intervals } from '../assertNumbers.ts'
import { createPasses, type PassStatus } from '../createPasses.ts'
import { connectRedis } from './connectRedis.ts'

/** What made a pass begin: a job of the queue, or this process, which missed the jobs. */
export type PassTrigger = 'start' | 'job' | 'watchdog'

export type RefundQueueOptions = {
  /**
   * `redis://` or, with TLS, `rediss://`, user and password in it. Several are nodes of one
   * cluster.
   */
  readonly redisUrl: string | readonly string[]
  /** One pass, such as `() => refunds.run()`. */
  readonly pass: (trigger: PassTrigger) => Promise<unknown>
  /** How often a pass is due, for all replicas together; default 60000 ms. */
  readonly intervalMs?: number
  /** After how long a dead worker's job goes to another one; default 30000 ms. */
  readonly stalledAfterMs?: number
  /** Told each pass that failed, and once that Redis went away. */
  readonly onError: (error: unknown, of: 'pass' | 'queue') => void
}

export type RefundQueue = {
  /** How the passes of this process go, for health checks and metrics. */
  status(): PassStatus
  /** Takes no more jobs, and waits for the pass that is running. */
  close(): Promise<void>
}

const QUEUE = 'refund-cron'
const JOB = 'process-refunds'
const SCHEDULER = 'refund-tick'
/** In braces, so that a cluster keeps all keys of the queue in one slot. */
const PREFIX = '{bull}'
const MISSED_INTERVALS = 3
/** Finished jobs are worth nothing but a look at them. */
const kept = { removeOnComplete: { count: 100 }, removeOnFail: { count: 100 } } as const
/** How long an end waits for a Redis that does not answer. */
const CLOSE_MS = 3_000

/**
 * Refund passes on a schedule that any number of processes share: one job is due every
 * `intervalMs`, and one of them takes it. Jobs are wake-ups and nothing else; which refund is made,
 * and that it is made once, stands in its record and in the token's nonce. So jobs may come twice,
 * stall or be lost. When none has come here for three intervals, whatever the reason, this process
 * makes a pass of its own and puts the schedule back.
 *
 * @throws CONFIG_INVALID
 */
export function startRefundQueue(options: RefundQueueOptions): RefundQueue {
  const { intervalMs = 60_000, stalledAfterMs = 30_000, onError } = options
  assertNumbers({
    intervalMs: [intervalMs, intervals],
    stalledAfterMs: [stalledAfterMs, intervals],
  })
  const client = connectRedis(options.redisUrl)
  const reports = createReports((error) => onError(error, 'queue'))
  const passes = createPasses<PassTrigger>({
    pass: options.pass,
    onError: (error) => onError(error, 'pass'),
  })
  const base = { connection: client, prefix: PREFIX }
  const queue = new Queue(QUEUE, base)
  const worker = new Worker(
    QUEUE,
    async () => {
      reports.reset()
      watchdog.rearm()
      // Why it failed was told; here it only marks the job, which is not done without its pass.
      const ended = await passes.run('job')
      if (ended !== 'done') throw new Error(`the refund pass ${ended}`)
    },
    { ...base, ...kept, lockDuration: stalledAfterMs, stalledInterval: stalledAfterMs },
  )
  client.on('error', reports.tell)
  queue.on('error', reports.tell)
  worker.on('error', reports.tell)

  const schedule = createSchedule(queue, intervalMs, reports.tell)
  const watchdog = createWatchdog(intervalMs * MISSED_INTERVALS, () => {
    schedule()
    void passes.run('watchdog')
  })
  schedule()
  void passes.run('start')
  return {
    status: passes.status,
    async close() {
      watchdog.stop()
      reports.silence()
      const closing = worker.close().then(() => queue.close())
      await passes.settled()
      // A job that was taken just now still gets its pass, until the worker has said goodbye.
      // A Redis that is away takes no goodbye; the job of a pass that is done goes to another one.
      const patienceMs = client.status === 'ready' ? CLOSE_MS : 0
      await Promise.race([closing.catch(() => undefined), wait(patienceMs)])
      await passes.stop()
      client.disconnect()
    },
  }
}

/**
 * Puts the schedule into Redis, or finds it there: replicas that start together leave one. While
 * Redis is away this waits, so it is not asked again.
 */
function createSchedule(
  queue: Queue,
  intervalMs: number,
  onError: (error: unknown) => void,
): () => void {
  let isAsked = false
  return () => {
    if (isAsked) return
    isAsked = true
    queue
      .upsertJobScheduler(SCHEDULER, { every: intervalMs }, { name: JOB, opts: kept })
      .catch(onError)
      .finally(() => {
        isAsked = false
      })
  }
}

function createWatchdog(
  afterMs: number,
  act: () => void,
): { readonly rearm: () => void; readonly stop: () => void } {
  const timer = setInterval(act, afterMs)
  timer.unref()
  return { rearm: () => void timer.refresh(), stop: () => clearInterval(timer) }
}

/** Every attempt to reconnect fails anew: that Redis is away is told once, until it is back. */
function createReports(onError: (error: unknown) => void): {
  readonly tell: (error: unknown) => void
  readonly reset: () => void
  readonly silence: () => void
} {
  let isTold = false
  let isSilent = false
  return {
    tell: (error) => {
      if (!isTold && !isSilent) onError(error)
      isTold = true
    },
    reset: () => {
      isTold = false
    },
    silence: () => {
      isSilent = true
    },
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms))
}
