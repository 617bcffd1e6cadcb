import type { ChallengeStore, Clock, Retention } from '@key0/core'
import { createMemoryStore } from '@key0/core/memory'
import { describe, expect, test } from 'vitest'
import { createMint, createSteeredClock, LawBroken, storeLaws } from '../src/exports/store.ts'
import { overStore, overTables } from './breakStore.ts'
import { continuityMutants } from './continuityMutants.ts'
import { mutants as storeMutants } from './mutants.ts'

const mutants = [...storeMutants, ...continuityMutants]

/** The names of the laws that a store breaks. */
async function brokenBy(
  make: (clock: Clock, retention?: Partial<Retention>) => ChallengeStore,
): Promise<readonly string[]> {
  const broken: string[] = []
  for (const { law, retention, prove } of storeLaws) {
    // The same laws run with 50; ten times as many only show more on a real engine.
    if (law.includes('of 500')) continue
    const clock = createSteeredClock()
    const store = make(clock, retention)
    await prove({ store, peer: store, clock, mint: createMint(clock) }).catch((error: unknown) => {
      if (!(error instanceof LawBroken)) throw error
      broken.push(law)
    })
  }
  return broken
}

test('the memory store breaks no law', async () => {
  expect(
    await brokenBy((clock, retention = {}) => createMemoryStore({ clock, retention })),
  ).toEqual([])
})

test('nor does it once it is made ready to be broken', async () => {
  expect(await brokenBy(overTables(() => ({})))).toEqual([])
  expect(await brokenBy(overStore(() => ({})))).toEqual([])
})

describe('a broken store is noticed', () => {
  for (const { bug, breaks, make } of mutants)
    test(bug, async () => expect(await brokenBy(make)).toContain(breaks))
})

test('there is one mutant for every bug, and every law has one name', () => {
  const bugs = mutants.map(({ bug }) => bug)
  expect(new Set(bugs).size).toBe(bugs.length)
  const laws = storeLaws.map(({ law }) => law)
  expect(laws.filter((law, i) => laws.indexOf(law) !== i)).toEqual([])
  expect(laws.length).toBeGreaterThan(300)
})
