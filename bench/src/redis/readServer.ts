import type { Redis } from 'ioredis'

/** Microseconds of processor time that the server has used so far. */
export async function readCpuUs(redis: Redis): Promise<number> {
  const info = await redis.info('cpu')
  return (numberOf(info, 'used_cpu_user') + numberOf(info, 'used_cpu_sys')) * 1e6
}

export async function readMemory(redis: Redis): Promise<number> {
  return numberOf(await redis.info('memory'), 'used_memory')
}

export type Calls = { readonly calls: number; readonly us: number }

/** What the server counts and times of `EVALSHA`, all that happens inside included. */
export async function readScriptCalls(redis: Redis): Promise<Calls> {
  const info = await redis.info('commandstats')
  const found = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(info)
  return { calls: Number(found?.[1] ?? 0), us: Number(found?.[2] ?? 0) }
}

function numberOf(info: string, name: string): number {
  return Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1] ?? Number.NaN)
}
