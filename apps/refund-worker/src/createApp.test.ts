import { describe, expect, test } from 'vitest'
import { type AppOptions, createApp } from './createApp.ts'

const intervalMs = 1_000

async function readiness(options: Partial<AppOptions>): Promise<unknown> {
  const app = createApp({
    intervalMs,
    status: () => ({ lastPassAgeMs: 500 }),
    askStore: async () => true,
    askChain: async () => true,
    print: async () => ({ text: '', contentType: 'text/plain' }),
    ...options,
  })
  const response = await app.request('/readyz')
  return { code: response.status, ...((await response.json()) as object) }
}

describe('a worker is ready', () => {
  test.each([
    ['after a pass', { lastPassAgeMs: 3_000 }],
    ['in its first pass', { runningForMs: 10 }],
    ['in a pass that follows a late one', { lastPassAgeMs: 3_200, runningForMs: 10 }],
  ])('%s', async (_, status) => {
    expect(await readiness({ status: () => status })).toMatchObject({ code: 200, passes: 'ok' })
  })
})

describe('a worker is not ready', () => {
  test.each([
    ['before it looked for refunds', {}],
    ['when the last look is older than three intervals', { lastPassAgeMs: 3_001 }],
    ['when a pass hangs', { lastPassAgeMs: 9_000, runningForMs: 3_001 }],
  ])('%s', async (_, status) => {
    expect(await readiness({ status: () => status })).toMatchObject({ code: 503, passes: 'late' })
  })

  test('when its store answers that it is not well', async () => {
    const askStore = async () => false
    expect(await readiness({ askStore })).toMatchObject({ code: 503, store: 'unreachable' })
  })

  test('when the chain throws', async () => {
    const askChain = async () => {
      throw new Error('no node answers')
    }
    expect(await readiness({ askChain })).toMatchObject({ code: 503, chain: 'unreachable' })
  })
})
