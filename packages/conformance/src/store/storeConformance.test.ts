import { createMemoryStore } from '@key0/core/memory'
import { expect, test } from 'vitest'
import { createMint } from './createMint.ts'
import { createSteeredClock } from './createSteeredClock.ts'
import { storeConformance } from './storeConformance.ts'
import { storeLaws } from './storeLaws.ts'

/** A runner that only remembers. */
function collect() {
  const run = new Map<string, () => Promise<void>>()
  const skipped: string[] = []
  const register = Object.assign(
    (name: string, body: () => Promise<void>) => void run.set(name, body),
    { skip: (name: string) => void skipped.push(name) },
  )
  return { run, skipped, register }
}

let disposed = 0
const rig = async () => {
  const clock = createSteeredClock()
  const store = createMemoryStore({ clock })
  const dispose = async () => {
    disposed += 1
  }
  return { store, peer: store, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
}

test('every law is registered once, under its own name', () => {
  const { run, skipped, register } = collect()
  storeConformance({ test: register, rig })
  expect([...run.keys()]).toEqual(storeLaws.map(({ law }) => law))
  expect(skipped).toEqual([])
})

test('an exception is skipped, and its reason is printed', () => {
  const { run, skipped, register } = collect()
  const law = storeLaws[0]?.law ?? ''
  storeConformance({ test: register, rig, except: { [law]: 'the engine has no clock' } })
  expect(run.has(law)).toBe(false)
  expect(skipped).toEqual([`${law} (not kept: the engine has no clock)`])
})

test('an exception from a law that does not exist, or without a reason, is refused', () => {
  const { register } = collect()
  const law = storeLaws[0]?.law ?? ''
  expect(() => storeConformance({ test: register, rig, except: { 'no such law': 'x' } })).toThrow(
    'no such law',
  )
  expect(() => storeConformance({ test: register, rig, except: { [law]: ' ' } })).toThrow('reason')
})

test('a rig is disposed of, whether its law is kept or broken', async () => {
  const { run, register } = collect()
  const broken = async () => {
    const made = await rig()
    return { ...made, store: { ...made.store, create: async () => ({ kind: 'absent' as const }) } }
  }
  const law = storeLaws[0]?.law ?? ''
  storeConformance({ test: register, rig })
  await run.get(law)?.()
  expect(disposed).toBe(1)
  storeConformance({ test: register, rig: broken })
  await expect(run.get(law)?.()).rejects.toThrow(
    'creating: expected applied, saw {"kind":"absent"}',
  )
  expect(disposed).toBe(2)
})
