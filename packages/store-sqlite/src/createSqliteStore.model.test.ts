import { existsSync } from 'node:fs'
import { modelSettings, storeModel } from '@key0/conformance/model'
import { createMint, createSteeredClock } from '@key0/conformance/store'
import { test } from 'vitest'
import { temporaryDirectory } from '../test/temporaryDirectory.ts'
import { createSqliteStore } from './createSqliteStore.ts'

// What survives a failure of the machine is not asked here, and waiting for a disk is slow.
const memory = '/dev/shm'
const parent = existsSync(memory) ? memory : undefined

const rig = async () => {
  const directory = temporaryDirectory(parent)
  const clock = createSteeredClock()
  const open = () =>
    createSqliteStore({ dataDir: directory.path, clock, synchronous: 'NORMAL' as const })
  const [store, peer] = [open(), open()]
  return {
    ...{ store, peer, clock, mint: createMint(clock) },
    async [Symbol.asyncDispose]() {
      await store.close()
      await peer.close()
      directory[Symbol.dispose]()
    },
  }
}

storeModel({ test, rig, ...modelSettings(process.env) })
