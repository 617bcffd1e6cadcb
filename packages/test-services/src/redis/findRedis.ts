import { Redis } from 'ioredis'
import { startContainer } from '../containers/startContainer.ts'
import { readEnvironment } from '../readEnvironment.ts'
import { startRedis } from './startRedis.ts'

/** A server to share: every user takes a key prefix of its own. */
export type SharedRedis = {
  readonly url: string
  /** Which server it is and where it came from, as one sentence. */
  readonly source: string
  stop(): Promise<void>
}

const image = 'redis:7-alpine'

/**
 * The server that `KEY0_TEST_REDIS_URL` names, else one in a container where a Docker engine
 * answers, else one started for us from the machine's programs. A named one is never stopped, and
 * it is an error when it does not answer: a test run must not pass on another server than the one
 * that was asked for.
 */
export async function findRedis(): Promise<SharedRedis> {
  const url = readEnvironment('KEY0_TEST_REDIS_URL')
  if (url !== undefined) {
    await ping(url)
    return { url, source: 'Redis: the one in KEY0_TEST_REDIS_URL.', stop: async () => {} }
  }
  const container = await startContainer({
    ...{ image, port: 6_379, ready: [/Ready to accept connections/, 1] },
    command: ['redis-server', '--save', '', '--appendonly', 'no'],
  })
  if (typeof container !== 'string') {
    const { address, stop } = container
    return { url: `redis://${address}`, source: `Redis: a container of ${image}.`, stop }
  }
  const server = await startRedis()
  const { version, rung, path } = server.program
  const from =
    rung === 'machine' ? "the machine's own" : "Debian's package, installed for this run:"
  const source = `Redis ${version}: ${from} ${path}; ${container}`
  return { url: server.url, source, stop: server.stop }
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  try {
    await client.connect()
    await client.ping()
  } catch (error) {
    throw new Error('The Redis in KEY0_TEST_REDIS_URL does not answer.', { cause: error })
  } finally {
    client.disconnect()
  }
}
