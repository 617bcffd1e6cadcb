import type { DispatchEvent } from '@key0/delivery'
import type { Logger } from 'pino'
import { describeError } from './logEvent.ts'

/** Writes what a dispatcher tells as log lines. */
export function logDelivery(log: Logger): (event: DispatchEvent) => void {
  return (event) => {
    if (event.name === 'dispatch.failed') {
      log.error({ cause: describeError(event.cause) }, 'notifications could not be dispatched')
      return
    }
    const { name, ...facts } = event
    const isRevocation = facts.endpoint === 'revocations'
    const what = isRevocation ? 'a revocation' : 'a notification'
    if (name === 'delivery.failing') log.warn(facts, `${what} did not arrive and is tried again`)
    else if (isRevocation) log.error(facts, 'a revocation was given up: revoke it by hand')
    else log.error(facts, 'a notification was given up: a dead letter')
  }
}
