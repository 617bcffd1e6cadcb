import { findRedis } from '@key0/test-services'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    readonly redisUrl: string
  }
}

/** One server for the whole run, which says where it came from. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const shared = await findRedis()
  process.stdout.write(`${shared.source}\n`)
  provide('redisUrl', shared.url)
  return shared.stop
}
