import { describeError } from '@key0/app-kit'
import { type PassStatus, startTimer } from '@key0/refunds'
import type { Logger } from 'pino'
import type { WorkerConfig } from './WorkerConfig.ts'

/** What made a pass begin. */
export type Trigger = 'start' | 'job' | 'watchdog' | 'timer'

export type Schedule = {
  readonly status: () => PassStatus
  /** Starts no other pass, and waits for the one that is running. */
  readonly close: () => Promise<void>
}

/**
 * The first pass now, and then one in every interval: on a queue that all workers share, or, where
 * there is no Redis, on a timer of this process. Only what is used is loaded.
 */
export async function startSchedule(
  { queueUrls, refunds: { intervalMs } }: WorkerConfig,
  pass: (trigger: Trigger) => Promise<void>,
  log: Logger,
): Promise<Schedule> {
  const say = (error: unknown, of: 'pass' | 'queue'): void => {
    const cause = describeError(error)
    if (of === 'pass') log.error({ cause }, 'refund pass failed')
    else log.warn({ cause }, 'the queue does not answer: passes go on without it')
  }
  if (queueUrls.length > 0) {
    const { startRefundQueue } = await import('@key0/refunds/bullmq')
    return startRefundQueue({ redisUrl: queueUrls, pass, intervalMs, onError: say })
  }
  const timer = startTimer({
    pass: () => pass('timer'),
    intervalMs,
    onError: (error) => say(error, 'pass'),
  })
  void timer.tick()
  return { status: timer.status, close: timer.stop }
}
