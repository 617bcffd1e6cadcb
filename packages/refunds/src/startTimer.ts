export type Timer = {
  /** Runs a pass now, or joins the one that is running. */
  tick(): Promise<void>
  /** Stops, and waits for the pass that is running. */
  stop(): Promise<void>
}

/**
 * Runs `pass` every `intervalMs` in this process, never twice at once. A pass that throws is
 * reported and the next one comes all the same: money must not depend on one bad moment.
 */
export function startTimer(options: {
  readonly pass: () => Promise<unknown>
  readonly intervalMs: number
  readonly onError: (error: unknown) => void
}): Timer {
  const { pass, intervalMs, onError } = options
  let running: Promise<void> | undefined
  let stopped = false

  const tick = (): Promise<void> => {
    if (stopped) return Promise.resolve()
    running ??= pass()
      .then(
        () => {},
        (error: unknown) => onError(error),
      )
      .finally(() => {
        running = undefined
      })
    return running
  }
  const timer = setInterval(tick, intervalMs)
  timer.unref()

  return {
    tick,
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
    },
  }
}
