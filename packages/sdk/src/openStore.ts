import { type ChallengeStore, Key0Error } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import type { SellerConfig } from './SellerConfig.ts'

/** What a seller has to say, word for word, who sells requests without a store. */
export const WITHOUT_STORE =
  'no record is kept: no refund, and no replay protection beyond this process'

/** Long enough for a client to repeat a request whose answer it lost. */
const retention = { pendingTTLSeconds: 900, recordTTLSeconds: 900, deliveredTTLSeconds: 900 }

/**
 * The store, or what stands in for it where a seller gives it up: this process's memory, for as
 * long as a client may repeat itself.
 *
 * @throws CONFIG_INVALID when there is neither, or both, or plans are sold without one
 */
export function openStore(config: SellerConfig): ChallengeStore {
  const { store, withoutStore, plans = [], clock } = config
  if (store && withoutStore === undefined) return store
  if (store) throw invalid('withoutStore', 'must not stand beside a store')
  if (withoutStore !== WITHOUT_STORE)
    throw invalid('store', `must be given, or withoutStore: '${WITHOUT_STORE}'`)
  if (plans.length > 0) throw invalid('store', 'must be given: plans are never sold without one')
  return createMemoryStore({ retention, ...(clock && { clock }) })
}

function invalid(name: keyof SellerConfig, expected: string): Key0Error {
  return new Key0Error('CONFIG_INVALID', { facts: { [name]: expected } })
}
