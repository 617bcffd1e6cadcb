/** How a piece of work ended. `late`: the time was over; `stopped`: the caller's signal fired. */
export type Ended<value> =
  | { readonly kind: 'done'; readonly value: value }
  | { readonly kind: 'threw'; readonly cause: unknown }
  | { readonly kind: 'late' }
  | { readonly kind: 'stopped' }

/**
 * Runs `work` for at most `timeoutMs` and never rejects. The signal given to `work` fires when
 * it is late or stopped, and work that ignores it is left behind: the time is kept either way.
 */
export function withDeadline<value>(
  timeoutMs: number,
  caller: AbortSignal,
  work: (signal: AbortSignal) => Promise<value> | value,
): Promise<Ended<value>> {
  if (caller.aborted) return Promise.resolve({ kind: 'stopped' })
  return new Promise((resolve) => {
    const controller = new AbortController()
    const end = (ended: Ended<value>) => {
      clearTimeout(timer)
      caller.removeEventListener('abort', stop)
      resolve(ended)
      if (ended.kind === 'late' || ended.kind === 'stopped') controller.abort()
    }
    const stop = () => end({ kind: 'stopped' })
    const timer = setTimeout(() => end({ kind: 'late' }), timeoutMs)
    caller.addEventListener('abort', stop, { once: true })
    void Promise.resolve()
      .then(() => work(controller.signal))
      .then(
        (value) => end({ kind: 'done', value }),
        (cause: unknown) => end({ kind: 'threw', cause }),
      )
  })
}
