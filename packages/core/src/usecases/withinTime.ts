/** Ends in time: whoever works may ignore the signal, and who waits goes on all the same. */
export async function withinTime<result>(
  ms: number,
  work: (signal: AbortSignal) => Promise<result>,
): Promise<result> {
  const timeout = AbortSignal.timeout(ms)
  const late = new AbortController()
  const overdue = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(timeout.reason), { once: true })
  })
  try {
    return await Promise.race([work(late.signal), overdue])
  } catch (error) {
    // A signal that fired after an answer would end a stream that is still on its way.
    late.abort(error)
    throw error
  }
}
