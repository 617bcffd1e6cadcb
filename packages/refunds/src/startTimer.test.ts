import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startTimer } from './startTimer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('passes never overlap, however slow one is', async () => {
  let finish = (): void => {}
  let running = 0
  let most = 0
  const pass = async (): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    await new Promise<void>((done) => {
      finish = done
    })
    running -= 1
  }
  const timer = startTimer({ pass, intervalMs: 10, onError: () => {} })
  await vi.advanceTimersByTimeAsync(55)
  expect(running).toBe(1)
  finish()
  await vi.advanceTimersByTimeAsync(10)
  expect(most).toBe(1)
  expect(running).toBe(1)
  finish()
  await timer.stop()
})

test('one bad moment does not end the refunds', async () => {
  const errors: unknown[] = []
  let passes = 0
  const pass = async (): Promise<void> => {
    passes += 1
    throw new Error('the chain is away')
  }
  const timer = startTimer({ pass, intervalMs: 10, onError: (error) => errors.push(error) })
  await vi.advanceTimersByTimeAsync(35)
  await timer.stop()
  expect(passes).toBe(3)
  expect(errors).toHaveLength(3)
})

test('a pass that fails before it begins does not end the refunds either', async () => {
  const errors: unknown[] = []
  const pass = (): Promise<void> => {
    throw new Error('no chain is connected')
  }
  const timer = startTimer({ pass, intervalMs: 10, onError: (error) => errors.push(error) })
  await vi.advanceTimersByTimeAsync(35)
  await timer.stop()
  expect(errors).toHaveLength(3)
})

test('stopping waits for the pass that runs, and starts no other', async () => {
  let finish = (): void => {}
  let passes = 0
  const pass = (): Promise<void> => {
    passes += 1
    return new Promise((done) => {
      finish = done
    })
  }
  const timer = startTimer({ pass, intervalMs: 10, onError: () => {} })
  await vi.advanceTimersByTimeAsync(10)
  let stopped = false
  const stopping = timer.stop().then(() => {
    stopped = true
  })
  await vi.advanceTimersByTimeAsync(50)
  expect(stopped).toBe(false)
  finish()
  await stopping
  await timer.tick()
  expect(passes).toBe(1)
})

test.each([0, -1, 1.5, Number.NaN, 604_800_001])(
  'an interval of %s ms is refused',
  (intervalMs) => {
    const start = () => startTimer({ pass: async () => {}, intervalMs, onError: () => {} })
    expect(start).toThrow(/intervalMs/)
  },
)
