import { Key0Error } from '../errors/Key0Error.ts'
import { findTransition, type State, writtenWithAny } from './transitions.ts'

/**
 * Refuses a move that the table does not have, or a field that the move does not write.
 *
 * @throws TRANSITION_ILLEGAL
 */
export function assertLegalMove(from: State, to: State, fields: object): void {
  const row = findTransition(from, to)
  if (!row) throw new Key0Error('TRANSITION_ILLEGAL', { facts: { from, to } })
  const allowed: readonly string[] = [...row.writes, ...writtenWithAny]
  for (const field of Object.keys(fields))
    if (!allowed.includes(field))
      throw new Key0Error('TRANSITION_ILLEGAL', { facts: { from, to, field } })
}
