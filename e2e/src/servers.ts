import { findPostgres, findRedis, type SharedPostgres, type SharedRedis } from '@key0/test-services'

/** Where shops find a place of their own on a server that they share. */
export type Servers = {
  readonly redisUrl: () => Promise<string>
  /** An empty database, by its URL. */
  readonly createDatabase: () => Promise<string>
  /** The file of an embedded store. Default: one in a new directory that goes with the shop. */
  readonly sqlitePath?: () => string
}

let redis: Promise<SharedRedis> | undefined
let postgres: Promise<SharedPostgres> | undefined

/** One server of each kind for all shops of this process, started when the first asks for it. */
export const sharedServers: Servers = {
  redisUrl: async () => {
    redis ??= findRedis()
    return (await redis).url
  },
  createDatabase: async () => {
    postgres ??= findPostgres()
    return (await postgres).createDatabase()
  },
}

/** Stops what was started. */
export async function stopServers(): Promise<void> {
  const started = [redis, postgres]
  redis = undefined
  postgres = undefined
  await Promise.all(started.map(async (server) => (await server)?.stop()))
}
