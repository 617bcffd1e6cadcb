/** Asserts a promise of our own, never outside input. A failure is a bug in this code. */
export function invariant(holds: unknown, promise: string): asserts holds {
  if (!holds) throw new Error(`Broken promise: ${promise}`)
}
