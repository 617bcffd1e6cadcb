import type { ChallengeStore } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import type { RequirePaymentOptions } from './GateOptions.ts'

const memories = new Map<string, ChallengeStore>()

/**
 * This process's memory of what was paid into a wallet. Its gates share it: with one each, one
 * transfer would buy once at every gate.
 */
export function memoryOf({
  chain,
  payTo,
}: Pick<RequirePaymentOptions, 'chain' | 'payTo'>): ChallengeStore {
  const wallet = `${chain}:${String(payTo).toLowerCase()}`
  const memory = memories.get(wallet) ?? createMemoryStore()
  memories.set(wallet, memory)
  return memory
}
