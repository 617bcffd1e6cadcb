import type { Attempt, ChallengeRecord, Outcome, Retention } from '@key0/core'
import { decodeText } from './storedRecord.ts'

type Answer = readonly [moved: 0 | 1, kind: Outcome['kind'], told?: string]

/**
 * Reads what every write answers; see `answer` in `ops/includes/move.lua`.
 *
 * @param born makes the record that was created, of which only `updatedAt` is answered
 */
export function toOutcome(reply: unknown, born?: (updatedAt: Date) => ChallengeRecord): Outcome {
  const [, kind, told = ''] = reply as Answer
  if (kind === 'applied' && born) return { kind, record: born(new Date(told)) }
  switch (kind) {
    case 'absent':
      return { kind }
    case 'foreign':
      return { kind, owner: told }
    default:
      return { kind, record: decodeText(told) }
  }
}

/** Who makes a write and why. A reason comes with `=` before it, so that an empty one is one. */
export function toArguments(
  attempt: Attempt,
): readonly [key: string, actor: string, reason: string] {
  const { key, actor = 'key0', reason } = attempt
  return [key, actor, reason === undefined ? '' : `=${reason}`]
}

/** How long records are kept, in ms, in the order in which `begin` in Lua reads them. */
export function toLifetimes(options: Retention & { readonly challengeTTLSeconds: number }): string {
  const { pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds, challengeTTLSeconds } = options
  return [pendingTTLSeconds, recordTTLSeconds, deliveredTTLSeconds, challengeTTLSeconds]
    .map((seconds) => String(Math.round(seconds * 1000)))
    .join(' ')
}
