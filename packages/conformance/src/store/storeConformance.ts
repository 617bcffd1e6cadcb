import type { Rig } from './Case.ts'
import { type ConformanceOptions, registerLaws } from './registerLaws.ts'
import { storeLaws } from './storeLaws.ts'

export type StoreConformanceOptions = ConformanceOptions<Rig>

/**
 * Registers one test for every law of a store.
 *
 * @throws Error when `except` names a law that does not exist, or gives no reason
 */
export function storeConformance(options: StoreConformanceOptions): void {
  registerLaws(storeLaws, options)
}
