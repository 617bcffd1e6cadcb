import { createMint, createSteeredClock, storeConformance } from '@key0/conformance/store'
import { createMemoryStore } from '@key0/core/memory'
import { test } from 'vitest'
import { encryptStore } from './encryptStore.ts'

const keys = ['1f'.repeat(32)]

// Every law that holds without encryption holds with it.
storeConformance({
  test,
  async rig(retention) {
    const clock = createSteeredClock()
    const plain = createMemoryStore({ clock, retention })
    const [store, peer] = [encryptStore(plain, { keys }), encryptStore(plain, { keys })]
    return {
      ...{ store, peer, clock, mint: createMint(clock) },
      [Symbol.asyncDispose]: () => plain.close(),
    }
  },
})
