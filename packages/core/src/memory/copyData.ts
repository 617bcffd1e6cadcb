/**
 * Copies data: what `structuredClone` does, an order of magnitude faster for what records are made
 * of. Everything else is left to it, so that what is no data is refused as before.
 *
 * @throws DataCloneError for what is no data, such as a function.
 */
export function copyData<data>(value: data): data {
  return copy(value) as data
}

function copy(value: unknown): unknown {
  if (isAtom(value)) return value
  if (value instanceof Date) return new Date(value)
  if (Array.isArray(value)) return value.map(copy)
  // Functions and symbols, which it refuses, and whatever else there is.
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value)
  // Spreading keeps the shape, so most of a record is copied at once.
  const copied: Record<string, unknown> = { ...(value as object) }
  for (const name in copied) {
    const inner = copied[name]
    if (isAtom(inner)) continue
    // Assigning to this name would set the prototype instead.
    if (name === '__proto__') return structuredClone(value)
    copied[name] = copy(inner)
  }
  return copied
}

/** What cannot be changed through another reference to it. */
function isAtom(value: unknown): boolean {
  switch (typeof value) {
    case 'object':
      return value === null
    case 'function':
    case 'symbol':
      return false
    default:
      return true
  }
}
