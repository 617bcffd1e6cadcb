import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { NOTE_PREFIX } from '../challenge/kindOf.ts'
import type { Attempt, ChallengeStore } from '../ports/ChallengeStore.ts'

/** The scope of notes. No client can reach them: their names hold a colon, request ids do not. */
export const NOTE_SCOPE = 'operator'

const NOBODY = '0x0000000000000000000000000000000000000000'

/**
 * One entry of a list that all processes of a deployment share. It is a record that nobody can
 * pay: of all that create one of the same name exactly one succeeds, in every store, and the
 * others are handed the one that exists. That is all a shared list needs.
 */
export type Note = {
  /** Unique among the living; holds a colon. */
  readonly name: string
  readonly subject: string
  /** More than nothing. */
  readonly value: bigint
  readonly chainId: number
  readonly keptUntil: Date
}

type Writing = {
  readonly store: Pick<ChallengeStore, 'create'>
  readonly newId: () => string
  readonly clock: { nowMs(): number }
}

/** Writes a note, or reads the one of that name. `isOurs`: this call or its lost twin wrote it. */
export async function writeNote(
  { store, newId, clock }: Writing,
  { name, subject, value, chainId, keptUntil }: Note,
  attempt: Omit<Attempt, 'key'>,
): Promise<{ readonly isOurs: boolean; readonly record: ChallengeRecord }> {
  const challengeId = `${NOTE_PREFIX}${newId()}`
  const base = {
    challengeId,
    requestId: name,
    scope: NOTE_SCOPE,
    clientAgentId: NOTE_SCOPE,
    resourceId: subject,
    planId: 'note',
    amount: `${value}`,
    amountRaw: value,
    asset: 'none',
    token: NOBODY,
    chainId,
    destination: NOBODY,
    createdAt: new Date(clock.nowMs()),
    expiresAt: keptUntil,
  } as const
  const outcome = await store.create(base, { ...attempt, key: newId() })
  if (outcome.kind !== 'applied' && outcome.kind !== 'replayed')
    throw new Error('a store creates a record or hands out the one that exists')
  return { isOurs: outcome.record.challengeId === challengeId, record: outcome.record }
}
