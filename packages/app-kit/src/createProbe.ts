import { remember } from './remember.ts'

/** Everybody may ask whether something is well, so it is itself asked only now and then. */
export const HEALTH_TTL_MS = 2_000

/** A look that fails is an answer too. */
export function createProbe(ask: () => Promise<boolean>): () => Promise<boolean> {
  return remember(() => ask().catch(() => false), HEALTH_TTL_MS)
}
