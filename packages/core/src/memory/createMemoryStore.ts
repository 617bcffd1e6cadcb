import type { Retention } from '../lifecycle/retention.ts'
import { createLocalStore } from '../local/createLocalStore.ts'
import type { ChallengeStore } from '../ports/ChallengeStore.ts'
import type { Clock } from '../ports/Clock.ts'
import { createMemoryTables } from './memoryTables.ts'

/**
 * The reference store: one process, nothing survives it. For tests, demos and as the model that
 * other stores are compared with. It says so in `healthCheck`.
 */
export function createMemoryStore(
  options: { readonly clock?: Clock; readonly retention?: Partial<Retention> } = {},
): ChallengeStore {
  return createLocalStore(createMemoryTables(), {
    clock: options.clock ?? { nowMs: () => Date.now() },
    ...(options.retention && { retention: options.retention }),
    health: () => ({
      ok: true,
      durable: false,
      problems: ['The memory store forgets everything when its process ends.'],
    }),
  })
}
