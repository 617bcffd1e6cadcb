/**
 * What a record is. All three live in one store, and only a challenge was ever offered to anybody:
 * a stray is money that came without one, a note is what workers tell each other.
 */
export type RecordKind = 'challenge' | 'stray' | 'note'

/** The scope, and the first part of the id, of money that came without a challenge. */
export const STRAY_SCOPE = 'stray'
/** The first part of the id of a note. */
export const NOTE_PREFIX = 'note-'

/** Told by its id alone, so that it is known after the record is forgotten. */
export function kindOf(challengeId: string): RecordKind {
  if (challengeId.startsWith(`${STRAY_SCOPE}:`)) return 'stray'
  return challengeId.startsWith(NOTE_PREFIX) ? 'note' : 'challenge'
}
