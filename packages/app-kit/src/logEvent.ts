import { createHash } from 'node:crypto'
import type { EngineEvent } from '@key0/core'
import type { Logger } from 'pino'

/**
 * Writes engine events as log lines. A challenge id is a capability, so a line carries a digest
 * of it: enough to follow one challenge, useless to claim it.
 */
export function logEvent(log: Logger): (event: EngineEvent) => void {
  return (event) => {
    if (event.name === 'alert') {
      const challenge = event.challengeId === undefined ? undefined : digestId(event.challengeId)
      log.error({ challenge, cause: describeError(event.cause) }, event.what)
      return
    }
    const { challengeId, planId, amount, state, txHash, refundTxHash } = event.challenge
    const line = { challenge: digestId(challengeId), planId, amount, state, txHash, refundTxHash }
    if ('reason' in event) log.warn({ ...line, reason: event.reason }, event.name)
    else log.info(line, event.name)
  }
}

/** What a log line says instead of an id: the first 12 hex digits of its SHA-256. */
export function digestId(challengeId: string): string {
  return createHash('sha256').update(challengeId).digest('hex').slice(0, 12)
}

/** Names of errors down the chain of causes; texts of foreign errors may hold URLs with keys. */
export function describeError(cause: unknown): string | undefined {
  if (cause === undefined) return undefined
  if (!(cause instanceof Error)) return typeof cause
  const code = 'code' in cause ? ` ${String(cause.code)}` : ''
  const inner = describeError(cause.cause)
  return `${cause.name}${code}${inner ? ` <- ${inner}` : ''}`
}
