import type { Clock } from '../ports/Clock.ts'

/** A clock that moves only when told to, or when somebody sleeps by it. */
export type FakeClock = Clock & {
  advance(ms: number): void
  /**
   * Resolves once the clock has reached `ms` from now. When everybody waits, the clock jumps to
   * the sleeper who wakes first: no real time passes, and sleepers wake in order.
   */
  sleep(ms: number): Promise<void>
}

/** Starts at an instant with odd milliseconds, so that code which rounds them is noticed. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 2, 3, 4, 5, 678)): FakeClock {
  let nowMs = startMs
  let planned = false
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = []

  const wakeFirst = (): void => {
    planned = false
    const first = Math.min(...sleepers.map(({ atMs }) => atMs))
    nowMs = Math.max(nowMs, first)
    const woken = sleepers.filter(({ atMs }) => atMs <= nowMs)
    for (const sleeper of woken) sleepers.splice(sleepers.indexOf(sleeper), 1)
    for (const { wake } of woken) wake()
    plan()
  }
  const plan = (): void => {
    if (planned || sleepers.length === 0) return
    planned = true
    // A task of its own: everything that can go on without the clock goes on first.
    setTimeout(wakeFirst, 0)
  }
  return {
    nowMs: () => nowMs,
    advance(ms) {
      nowMs += ms
    },
    sleep: (ms) =>
      new Promise((wake) => {
        sleepers.push({ atMs: nowMs + ms, wake })
        plan()
      }),
  }
}
