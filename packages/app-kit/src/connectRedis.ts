import type { Cluster, Redis } from 'ioredis'

/**
 * A client for one server, or for the cluster that several comma-separated URLs are nodes of; user,
 * password and TLS are then those of the first. Loads the driver only now.
 */
export async function connectRedis(
  url: string,
  options: { readonly maxRetriesPerRequest: number },
): Promise<Redis | Cluster> {
  const { Cluster, Redis } = await import('ioredis')
  const urls = url.split(',').filter((part) => part !== '')
  const client = urls.length > 1 ? connectCluster(Cluster, urls, options) : new Redis(url, options)
  // Said by whoever asked; without a listener the driver would print it, URL and all.
  client.on('error', () => {})
  return client
}

function connectCluster(
  Cluster: typeof import('ioredis').Cluster,
  urls: readonly string[],
  options: { readonly maxRetriesPerRequest: number },
): InstanceType<typeof Cluster> {
  const nodes = urls.map((url) => new URL(url))
  const { username, password, protocol, hostname } = nodes[0] as URL
  return new Cluster(
    nodes.map((node) => ({ host: node.hostname, port: Number(node.port || 6379) })),
    {
      redisOptions: {
        ...options,
        ...(username !== '' && { username: decodeURIComponent(username) }),
        ...(password !== '' && { password: decodeURIComponent(password) }),
        ...(protocol === 'rediss:' && { tls: { servername: hostname } }),
      },
    },
  )
}
