/**
 * Runs work once for callers that arrive while it runs. It saves work and gas inside one process;
 * the store's steps are what makes a payment happen once.
 */
export function createSingleFlight<result>(): (
  key: string,
  work: () => Promise<result>,
) => Promise<result> {
  const flying = new Map<string, Promise<result>>()
  return (key, work) => {
    const known = flying.get(key)
    if (known) return known
    const flight = work().finally(() => flying.delete(key))
    flying.set(key, flight)
    return flight
  }
}
