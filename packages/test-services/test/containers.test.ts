import { Redis } from 'ioredis'
import { afterEach, expect, test, vi } from 'vitest'
import { findEngine } from '../src/containers/findEngine.ts'
import { startContainer } from '../src/containers/startContainer.ts'
import { findRedis } from '../src/exports/index.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const redis = { port: 6_379, ready: [/Ready to accept connections/, 1] } as const

test.each(['unix:///nowhere/docker.sock', 'tcp://127.0.0.1:9'])(
  'where no engine answers (%s) the next way is taken, and the run says so',
  async (host) => {
    vi.stubEnv('DOCKER_HOST', host)
    const shared = await findRedis()
    expect(shared.source).toMatch(/^Redis \d.*; no Docker engine answers\.$/)
    await shared.stop()
  },
)

test('a container serves where an engine answers, and is gone afterwards', async () => {
  const container = await startContainer({ ...redis, image: 'redis:7-alpine' })
  if (typeof container === 'string') {
    // The way that every machine without an engine, or without the image, goes.
    expect(container).toMatch((await findEngine()) ? /could not be started/ : /no Docker engine/)
    return
  }
  const client = new Redis(`redis://${container.address}`, { retryStrategy: () => null })
  client.on('error', () => {})
  expect(await client.ping()).toBe('PONG')
  await container.stop()
  await expect(client.ping()).rejects.toThrow()
})

test('an image that nobody has is a reason to go on, not a failure', async () => {
  const why = await startContainer({ ...redis, image: 'key0.invalid/none:0' })
  expect(why).toMatch(/no Docker engine answers|container of key0\.invalid.*could not be started/)
})
