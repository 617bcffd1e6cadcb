import { WireError } from '../src/exports/index.ts'

/** The `WireError` that `run` throws; anything else, or nothing, fails the test. */
export function captureWireError(run: () => unknown): WireError {
  try {
    run()
  } catch (error) {
    if (WireError.is(error)) return error
    throw error
  }
  throw new Error('expected a WireError, but nothing was thrown')
}
