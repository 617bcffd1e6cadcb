import type { Rig } from '../store/Case.ts'
import type { Register } from '../store/registerLaws.ts'
import { checkModel } from './checkModel.ts'

export type StoreModelOptions = {
  readonly test: Register
  /** Makes a fresh rig over an empty store for every sequence: a thousand times, so cheaply. */
  readonly rig: () => Promise<Rig & AsyncDisposable>
  /** How many sequences; default 1,000. */
  readonly runs?: number
  /** The first sequence's seed; by default another one each time, in the names of the tests. */
  readonly seed?: number
  /** The longest sequence; default 16. */
  readonly maxCommands?: number
  /**
   * For an engine that forgets by its own clock, which runs while `rig.clock` stands: the clock is
   * never stopped so few milliseconds before a record may be forgotten. Default 0.
   */
  readonly earlyMs?: number
  /**
   * For a store that gives a request id back to a challenge which had lost it to another, when late
   * money makes the one live after the other was closed: calls that come to it are left out.
   * Default false.
   */
  readonly renames?: boolean
}

/** So few that a runner's usual patience is enough for each test, on an engine far away too. */
const SEQUENCES_PER_TEST = 50

/**
 * Registers tests that lead a store and a model of it, side by side, through sequences of random
 * commands, and compare everything they answer and hold after each. A failure tells the seed and
 * the shortest sequence that was found for it.
 *
 * @throws RangeError when `runs`, `seed`, `maxCommands` or `earlyMs` is not a whole number in its range
 */
export function storeModel(options: StoreModelOptions): void {
  const { test, rig, runs = 1_000, maxCommands = 16, earlyMs = 0, renames = false } = options
  const { seed = Math.floor(Math.random() * 0x7fff_0000) } = options
  assertWhole('runs', runs, 1)
  assertWhole('maxCommands', maxCommands, 1)
  assertWhole('seed', seed, 0)
  assertWhole('earlyMs', earlyMs, 0)
  for (let first = 0; first < runs; first += SEQUENCES_PER_TEST) {
    const count = Math.min(SEQUENCES_PER_TEST, runs - first)
    const own = seed + first / SEQUENCES_PER_TEST
    test(`model: sequences ${first + 1} to ${first + count} (seed ${own})`, () =>
      checkModel({ rig, seed: own, runs: count, maxCommands, earlyMs, renames }))
  }
}

/**
 * Reads how much is to be done from `KEY0_MODEL_RUNS`, `KEY0_MODEL_SEED` and
 * `KEY0_MODEL_MAX_COMMANDS`; what is not set stays as it is by default.
 */
export function modelSettings(
  env: Readonly<Record<string, string | undefined>>,
): Pick<StoreModelOptions, 'runs' | 'seed' | 'maxCommands'> {
  const named = {
    runs: env.KEY0_MODEL_RUNS,
    seed: env.KEY0_MODEL_SEED,
    maxCommands: env.KEY0_MODEL_MAX_COMMANDS,
  }
  const set = Object.entries(named).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(set.map(([name, value]) => [name, Number(value)]))
}

function assertWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new RangeError(`${name} is ${value}; expected a whole number from ${least} on.`)
}
