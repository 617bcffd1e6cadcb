import type { Incoming } from '@key0/http'

/** Who asks, as far as Node's server says in what it binds; on other runtimes nobody says. */
export function callerOfEnv(env: unknown): Pick<Incoming, 'caller'> {
  const { incoming } = (env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
  const caller = incoming?.socket?.remoteAddress
  return caller === undefined ? {} : { caller }
}
