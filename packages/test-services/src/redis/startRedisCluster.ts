import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type RedisServer, startRedis } from './startRedis.ts'

const SLOTS = 16_384
const PRIMARIES = 3
const NODES = 6

/** Three primaries with one replica each, on the loopback interface. */
export type RedisCluster = AsyncDisposable & {
  /** The primaries first. */
  readonly nodes: readonly RedisServer[]
  readonly ports: readonly number[]
  stop(): Promise<void>
}

/** Starts six nodes and forms a cluster of them; resolves when every replica follows. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes: RedisServer[] = []
  const clients: Redis[] = []
  const stop = async (): Promise<void> => {
    for (const client of clients) client.disconnect()
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    for (let i = 0; i < NODES; i += 1) {
      const node = await startRedis({ cluster: true })
      nodes.push(node)
      clients.push(new Redis(node.port, '127.0.0.1'))
    }
    await form(clients, nodes)
  } catch (error) {
    await stop()
    throw error
  }
  for (const client of clients) client.disconnect()
  return { nodes, ports: nodes.map(({ port }) => port), stop, [Symbol.asyncDispose]: stop }
}

async function form(clients: readonly Redis[], nodes: readonly RedisServer[]): Promise<void> {
  const first = clients[0] as Redis
  for (const [i, client] of clients.slice(0, PRIMARIES).entries()) {
    const from = Math.floor((SLOTS / PRIMARIES) * i)
    const to = Math.floor((SLOTS / PRIMARIES) * (i + 1)) - 1
    await client.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
  }
  for (const [i, client] of clients.entries())
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
  for (const { port } of nodes.slice(1))
    await first.call('CLUSTER', 'MEET', '127.0.0.1', String(port), String(await busPort(port)))
  await until(clients, async (client) => (await info(client)).includes(`known_nodes:${NODES}`))
  for (const [i, client] of clients.slice(PRIMARIES).entries()) {
    const primary = await (clients[i] as Redis).call('CLUSTER', 'MYID')
    await client.call('CLUSTER', 'REPLICATE', String(primary))
  }
  await until(clients, async (client) => (await info(client)).includes('cluster_state:ok'))
  const follows = async (client: Redis): Promise<boolean> =>
    (await client.info('replication')).includes('master_link_status:up')
  await until(clients.slice(PRIMARIES), follows)
}

const info = async (client: Redis): Promise<string> => String(await client.call('CLUSTER', 'INFO'))

async function busPort(port: number): Promise<string> {
  const client = new Redis(port, '127.0.0.1')
  try {
    const answer = (await client.config('GET', 'cluster-port')) as readonly string[]
    return String(answer[1])
  } finally {
    client.disconnect()
  }
}

/** Asks every node until all say yes: nodes tell each other in their own time. */
async function until(
  clients: readonly Redis[],
  holds: (client: Redis) => Promise<boolean>,
): Promise<void> {
  const deadlineMs = Date.now() + 30_000
  for (const client of clients)
    while (!(await holds(client))) {
      if (Date.now() > deadlineMs) throw new Error('The nodes did not form a cluster in 30 s.')
      await pause(20)
    }
}
