import type { Fetch } from './backend/postJson.ts'
import { misconfigured, parseBackendUrl, parseDuration } from './configuration.ts'

export type HealthWatchOptions = {
  /** Asked with GET; any status from 200 to 299 means that it is well. Redirects are not followed. */
  readonly url: string | URL
  /** From the end of one look to the next. Default 5000. */
  readonly intervalMs?: number
  /** How long one look may take. Default 2000. */
  readonly timeoutMs?: number
  /** After so many failures in a row it is down; one success and it is well. Default 3. */
  readonly failures?: number
  readonly fetch?: Fetch
  /** Told when it went down and when it came back. What it throws is ignored. */
  readonly onChange?: (isWell: boolean) => void
}

export type HealthWatch = {
  /** What the last looks found, without asking. Well until proven otherwise. */
  readonly isWell: () => boolean
  readonly stop: () => void
}

/**
 * Looks whether a service is well, again and again, such as the seller's backend: a gateway may
 * stop selling what nobody could deliver.
 *
 * @throws Key0Error `CONFIG_INVALID` naming the option.
 */
export function watchHealth(options: HealthWatchOptions): HealthWatch {
  const { fetch = globalThis.fetch, onChange, failures: allowed = 3 } = options
  const url = parseBackendUrl(options.url)
  const intervalMs = parseDuration(options.intervalMs ?? 5_000, 'intervalMs')
  const timeoutMs = parseDuration(options.timeoutMs ?? 2_000, 'timeoutMs')
  if (!Number.isSafeInteger(allowed) || allowed < 1) throw misconfigured('failures', '1 or more')
  const ended = new AbortController()
  let failures = 0
  let timer: NodeJS.Timeout | undefined

  const isWell = (): boolean => failures < allowed
  const look = async (): Promise<void> => {
    const wasWell = isWell()
    failures = (await answersWell()) ? 0 : failures + 1
    if (isWell() !== wasWell) tell(isWell())
    if (!ended.signal.aborted) timer = setTimeout(look, intervalMs).unref()
  }
  const answersWell = async (): Promise<boolean> => {
    try {
      const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(timeoutMs)])
      const response = await fetch(url, { redirect: 'manual', signal })
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }
  const tell = (now: boolean): void => {
    try {
      if (!ended.signal.aborted) onChange?.(now)
    } catch {
      // Whoever listens is alone with what it throws.
    }
  }
  void look()
  return {
    isWell,
    stop: () => {
      ended.abort()
      clearTimeout(timer)
    },
  }
}
