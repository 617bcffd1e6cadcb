import type { Rig } from './Case.ts'
import { storeLaws } from './storeLaws.ts'

/** How a test runner registers one test: vitest's, `node:test`'s and others fit. */
export type Register = (name: string, run: () => Promise<void>) => unknown

export type StoreConformanceOptions = {
  readonly test: Register & { readonly skip: Register }
  /** Makes a fresh rig over an empty store; it is disposed of after its law. */
  readonly rig: () => Promise<Rig & AsyncDisposable>
  /** Laws this store cannot keep, each with the reason, which is printed beside the law. */
  readonly except?: Readonly<Record<string, string>>
}

/**
 * Registers one test for every law of a store.
 *
 * @throws Error when `except` names a law that does not exist, or gives no reason
 */
export function storeConformance({ test, rig, except = {} }: StoreConformanceOptions): void {
  const known = new Set(storeLaws.map(({ law }) => law))
  for (const [law, reason] of Object.entries(except)) {
    if (!known.has(law)) throw new Error(`There is no law "${law}" to be excepted from.`)
    if (reason.trim() === '') throw new Error(`The exception from "${law}" needs its reason.`)
  }
  for (const { law, prove } of storeLaws) {
    const reason = Object.hasOwn(except, law) ? except[law] : undefined
    if (reason !== undefined) {
      test.skip(`${law} (not kept: ${reason})`, async () => {})
      continue
    }
    test(law, async () => {
      await using made = await rig()
      await prove(made)
    })
  }
}
