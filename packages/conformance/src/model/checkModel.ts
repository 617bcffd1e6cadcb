import fc from 'fast-check'
import { LawBroken } from '../store/assert.ts'
import type { Rig } from '../store/Case.ts'
import { commands } from './commands.ts'
import { createSession, observeAll } from './Session.ts'

export type ModelRun = {
  readonly rig: () => Promise<Rig & AsyncDisposable>
  readonly seed: number
  readonly runs: number
  readonly maxCommands: number
  /** How much too early the store may forget by a clock of its own; default 0. */
  readonly earlyMs?: number
  /** Whether a request id may go back to a challenge that lost it; default false. */
  readonly renames?: boolean
  /** False: the first failure as it is found. */
  readonly shrinks?: boolean
}

type Failure = { readonly log: readonly string[]; readonly error: unknown; readonly atMs: number }

/** A shorter failure is welcome for this long; a runner's patience ends at about thirty. */
const SHRINKING_MS = 10_000

/**
 * Leads a store and the model through drawn sequences of commands, each over a fresh rig.
 *
 * @throws LawBroken with the seed and the shortest sequence found after which they differ
 */
export async function checkModel(run: ModelRun): Promise<void> {
  const { seed, runs, maxCommands, shrinks = true, earlyMs = 0, renames = false } = run
  // The last to fail is the shortest: only what is shorter than a failure is tried after it.
  let failure: Failure | undefined
  let sequences = 0
  const drawn = fc.commands([...commands], { maxCommands, size: 'max' })
  const property = fc.asyncProperty(drawn, async (sequence) => {
    if (failure && performance.now() - failure.atMs > SHRINKING_MS) return
    if (!failure) sequences += 1
    await using rig = await run.rig()
    const session = createSession(rig, { earlyMs, renames })
    try {
      await fc.asyncModelRun(() => ({ model: session, real: session }), sequence)
      await observeAll(session)
    } catch (error) {
      failure = { log: session.log, error, atMs: failure?.atMs ?? performance.now() }
      throw error
    }
  })
  await fc.check(property, { seed, numRuns: runs, endOnFailure: !shrinks, unbiased: true })
  if (failure) throw explain(failure, seed, sequences)
}

function explain({ log, error }: Failure, seed: number, sequences: number): LawBroken {
  const steps = log.map((line, i) => `  ${i + 1}. ${line}`).join('\n')
  const reason = error instanceof Error ? error.message : String(error)
  const head = `Sequence ${sequences} of seed ${seed} leads the store away from the model.`
  return new LawBroken(`${head}\n${steps}\nAfter the last: ${reason}`, { cause: error })
}
