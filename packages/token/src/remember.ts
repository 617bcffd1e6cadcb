const maxEntries = 64

/**
 * Answers from `cache`, or makes the value and keeps it. Bounded, oldest out first, so that an
 * application that feeds it ever-changing keys leaks nothing.
 */
export function remember<value>(cache: Map<string, value>, key: string, make: () => value): value {
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make()
  if (cache.size >= maxEntries) {
    const oldest = cache.keys().next()
    if (!oldest.done) cache.delete(oldest.value)
  }
  cache.set(key, made)
  return made
}
