import { createMemoryStore } from '@key0/core/memory'
import { test } from 'vitest'
import { createMint } from './createMint.ts'
import { createSteeredClock } from './createSteeredClock.ts'
import { storeConformance } from './storeConformance.ts'

storeConformance({
  test,
  async rig(retention) {
    const clock = createSteeredClock()
    const store = createMemoryStore({ clock, retention })
    const dispose = () => store.close()
    return { store, peer: store, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
  },
})
