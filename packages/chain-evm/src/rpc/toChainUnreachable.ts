import { Key0Error } from '@key0/core'

/** Every failure to ask the chain, under its public code. The cause carries no URL. */
export function toChainUnreachable(cause: unknown): Key0Error {
  return Key0Error.is(cause, 'CHAIN_UNREACHABLE')
    ? cause
    : new Key0Error('CHAIN_UNREACHABLE', { cause })
}
