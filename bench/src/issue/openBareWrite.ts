import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import postgres from 'postgres'

/** One write of a challenge's fields, and nothing that would have to be read for it. */
export type BareWrite = {
  readonly write: (fields: Readonly<Record<string, string>>) => Promise<unknown>
  readonly close: () => Promise<void>
}

export type Where = { readonly redisUrl?: string; readonly databaseUrl?: string }

export async function openBareWrite(where: Where): Promise<BareWrite | undefined> {
  if (where.redisUrl !== undefined) return openRedis(where.redisUrl)
  if (where.databaseUrl !== undefined) return openPostgres(where.databaseUrl)
  return undefined
}

const script =
  'redis.call("HSET", KEYS[1], unpack(ARGV)) return redis.call("PEXPIRE", KEYS[1], 604800000)'

async function openRedis(url: string): Promise<BareWrite> {
  const redis = new Redis(url)
  await redis.script('LOAD', script)
  const sha = createHash('sha1').update(script).digest('hex')
  return {
    write: (fields) =>
      redis.evalsha(sha, 1, `bare:${fields.challengeId}`, ...Object.entries(fields).flat()),
    close: async () => redis.disconnect(),
  }
}

const columns = [
  ...['challengeId', 'requestId', 'scope', 'clientAgentId', 'resourceId', 'planId', 'amount'],
  ...['amountRaw', 'asset', 'token', 'chainId', 'destination', 'createdAt', 'expiresAt', 'state'],
  ...['version', 'schemaVersion', 'updatedAt'],
]

async function openPostgres(url: string): Promise<BareWrite> {
  const sql = postgres(url, { onnotice: () => {} })
  await sql.unsafe(`create table bare (
    "challengeId" text primary key, "requestId" text not null, scope text, "clientAgentId" text,
    "resourceId" text, "planId" text, amount text, "amountRaw" numeric(78, 0), asset text,
    token text, "chainId" bigint, destination text, "createdAt" timestamptz,
    "expiresAt" timestamptz, state text, version bigint, "schemaVersion" integer,
    "updatedAt" timestamptz, unique (scope, "requestId"))`)
  const names = columns.map((name) => `"${name}"`).join(', ')
  const places = columns.map((_, at) => `$${at + 1}`).join(', ')
  const text = `insert into bare (${names}) values (${places})`
  return {
    write: (fields) =>
      sql.unsafe(
        text,
        columns.map((name) => fields[name] ?? null),
        { prepare: true },
      ),
    close: () => sql.end(),
  }
}
