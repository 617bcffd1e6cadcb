/** How the passes of this process go. Ages are measured, so a clock that is set changes nothing. */
export type PassStatus = {
  /** Since the last pass ended well; absent before the first did. */
  readonly lastPassAgeMs?: number
  /** How long the pass that is running has been running. */
  readonly runningForMs?: number
}

export type Passes<trigger> = {
  /** Runs a pass now, or joins the one that is running. Never throws. */
  run(trigger: trigger): Promise<'done' | 'failed' | 'stopped'>
  status(): PassStatus
  /** Waits for the pass that is running, if one is. */
  settled(): Promise<void>
  /** Starts no other pass, and waits for the one that is running. */
  stop(): Promise<void>
}

/** Passes of one process: never two at once, and one that throws is reported. */
export function createPasses<trigger>(options: {
  readonly pass: (trigger: trigger) => Promise<unknown>
  readonly onError: (error: unknown) => void
}): Passes<trigger> {
  const { pass, onError } = options
  let running: Promise<'done' | 'failed'> | undefined
  let beganAtMs = 0
  let doneAtMs: number | undefined
  let stopped = false

  const runOne = async (trigger: trigger): Promise<'done' | 'failed'> => {
    beganAtMs = performance.now()
    try {
      await pass(trigger)
      doneAtMs = performance.now()
      return 'done'
    } catch (error) {
      onError(error)
      return 'failed'
    }
  }
  return {
    run(trigger) {
      if (stopped) return Promise.resolve('stopped')
      // Cleared a turn later: a pass that throws at once must not be joined for ever.
      running ??= runOne(trigger).finally(() => {
        running = undefined
      })
      return running
    },
    status() {
      const nowMs = performance.now()
      return {
        ...(doneAtMs !== undefined && { lastPassAgeMs: nowMs - doneAtMs }),
        ...(running && { runningForMs: nowMs - beganAtMs }),
      }
    },
    async settled() {
      await running
    },
    async stop() {
      stopped = true
      await running
    },
  }
}
