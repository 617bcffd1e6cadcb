import { createMint, createSteeredClock, storeConformance } from '@key0/conformance/store'
import { test } from 'vitest'
import { temporaryDirectory } from '../test/temporaryDirectory.ts'
import { createSqliteStore } from './createSqliteStore.ts'

storeConformance({
  test,
  async rig(retention) {
    const directory = temporaryDirectory()
    const clock = createSteeredClock()
    const open = () => createSqliteStore({ dataDir: directory.path, clock, retention })
    const [store, peer] = [open(), open()]
    return {
      ...{ store, peer, clock, mint: createMint(clock) },
      async [Symbol.asyncDispose]() {
        await store.close()
        await peer.close()
        directory[Symbol.dispose]()
      },
    }
  },
})
