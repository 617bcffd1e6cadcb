import { createMemoryStore } from '@key0/core/memory'
import { test } from 'vitest'
import { createMint } from '../store/createMint.ts'
import { createSteeredClock } from '../store/createSteeredClock.ts'
import { modelSettings, storeModel } from './storeModel.ts'

const rig = async () => {
  const clock = createSteeredClock()
  const store = createMemoryStore({ clock })
  const dispose = () => store.close()
  return { store, peer: store, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
}

storeModel({ test, rig, ...modelSettings(process.env) })
