import { assertNumbers, intervals } from './assertNumbers.ts'
import { createPasses, type PassStatus } from './createPasses.ts'

export type Timer = {
  /** Runs a pass now, or joins the one that is running. */
  tick(): Promise<void>
  /** How the passes go, for health checks and metrics. */
  status(): PassStatus
  /** Stops, and waits for the pass that is running. */
  stop(): Promise<void>
}

/**
 * Runs `pass` every `intervalMs` in this process, never twice at once. A pass that throws is
 * reported and the next one comes all the same: money must not depend on one bad moment.
 *
 * @throws CONFIG_INVALID
 */
export function startTimer(options: {
  readonly pass: () => Promise<unknown>
  readonly intervalMs: number
  readonly onError: (error: unknown) => void
}): Timer {
  assertNumbers({ intervalMs: [options.intervalMs, intervals] })
  const passes = createPasses<void>(options)
  const tick = async (): Promise<void> => {
    await passes.run()
  }
  const timer = setInterval(tick, options.intervalMs)
  timer.unref()

  return {
    tick,
    status: passes.status,
    async stop() {
      clearInterval(timer)
      await passes.stop()
    },
  }
}
