import type { ChallengeStore, Clock } from '@key0/core'
import { expect, test } from 'vitest'
import { createMint, createSteeredClock, LawBroken } from '../src/exports/store.ts'
import { checkModel } from '../src/model/checkModel.ts'
import { mutants } from './mutants.ts'

const SEED = Number(process.env.KEY0_MODEL_SEED ?? 20_261_120)
const SEQUENCES = 1_000
/** Of forty-one. A change of what is drawn may lose one or two that are rarely met, no more. */
const LEAST = 39

/** What the model says of a store; undefined: nothing. */
async function foundIn(make: (clock: Clock) => ChallengeStore): Promise<LawBroken | undefined> {
  const rig = async () => {
    const clock = createSteeredClock()
    const store = make(clock)
    const dispose = () => store.close()
    return { store, peer: store, clock, mint: createMint(clock), [Symbol.asyncDispose]: dispose }
  }
  try {
    await checkModel({ rig, seed: SEED, runs: SEQUENCES, maxCommands: 16, shrinks: false })
    return undefined
  } catch (error) {
    if (error instanceof LawBroken) return error
    throw error
  }
}

const missed: string[] = []

for (const { bug, make } of mutants)
  test(`led beside the model: ${bug}`, async ({ annotate }) => {
    const found = await foundIn(make)
    if (!found) missed.push(bug)
    await annotate(found ? (found.message.split('\n')[0] ?? '') : 'not found')
  })

test(`at least ${LEAST} of ${mutants.length} broken stores are found within ${SEQUENCES} sequences`, () => {
  process.stdout.write(`found ${mutants.length - missed.length} of ${mutants.length}\n`)
  expect(missed.length, missed.join('; ')).toBeLessThanOrEqual(mutants.length - LEAST)
})
