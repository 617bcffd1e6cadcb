/** As many questions at once as one batch of calls takes. */
const sliceLength = 50

/** Asks about each item, in the order given, never about too many at once. */
export async function mapInSlices<item, result>(
  items: readonly item[],
  ask: (item: item) => Promise<result>,
): Promise<readonly result[]> {
  const results: result[] = []
  for (let start = 0; start < items.length; start += sliceLength) {
    const slice = items.slice(start, start + sliceLength)
    results.push(...(await Promise.all(slice.map(ask))))
  }
  return results
}
