import type { Retention } from '@key0/core'

/** How a test runner registers one test: vitest's, `node:test`'s and others fit. */
export type Register = (name: string, run: () => Promise<void>) => unknown

/** A promise, proven on a rig. */
export type Law<rig> = {
  readonly law: string
  /** How long records of the rig are kept, where not by default. */
  readonly retention?: Partial<Retention>
  readonly prove: (rig: rig) => Promise<void>
}

export type ConformanceOptions<rig> = {
  readonly test: Register & { readonly skip: Register }
  /** Makes a fresh rig over an empty store; it is disposed of after its law. */
  readonly rig: (retention: Partial<Retention>) => Promise<rig & AsyncDisposable>
  /** Laws this store cannot keep, each with the reason, which is printed beside the law. */
  readonly except?: Readonly<Record<string, string>>
}

/** Registers one test for every law. @throws Error for an exception without a law or a reason */
export function registerLaws<rig>(
  laws: readonly Law<rig>[],
  { test, rig, except = {} }: ConformanceOptions<rig>,
): void {
  const known = new Set(laws.map(({ law }) => law))
  for (const [law, reason] of Object.entries(except)) {
    if (!known.has(law)) throw new Error(`There is no law "${law}" to be excepted from.`)
    if (reason.trim() === '') throw new Error(`The exception from "${law}" needs its reason.`)
  }
  for (const { law, retention = {}, prove } of laws) {
    const reason = Object.hasOwn(except, law) ? except[law] : undefined
    if (reason !== undefined) {
      test.skip(`${law} (not kept: ${reason})`, async () => {})
      continue
    }
    test(law, async () => {
      await using made = await rig(retention)
      await prove(made)
    })
  }
}
