import { invariant } from '../errors/invariant.ts'
import type { BreakCause, Continuity } from './Continuity.ts'

type Stored = {
  readonly deploymentId: string
  readonly lineage: string
  readonly highestEvent: number
  readonly aliveAtMs: number
  readonly beats?: readonly (readonly [id: string, atMs: number])[]
  readonly silence?: readonly [sinceMs: number, untilMs: number]
  readonly break?: readonly [sinceMs: number, untilMs: number, cause: BreakCause]
}

/** Writes a continuity as the text that stores keep. Equal ones are equal texts. */
export function encodeContinuity(continuity: Continuity): string {
  const { deploymentId, lineage, highestEvent, aliveAt, beats, silence, break: last } = continuity
  const stored: Stored = {
    deploymentId,
    lineage,
    highestEvent,
    aliveAtMs: aliveAt.getTime(),
    beats: beats.map(({ id, atMs }) => [id, atMs]),
    ...(silence && { silence: [silence.since.getTime(), silence.until.getTime()] }),
    ...(last && { break: [last.since.getTime(), last.until.getTime(), last.cause] }),
  }
  return JSON.stringify(stored)
}

/** Reads a continuity back from its text. */
export function decodeContinuity(text: string): Continuity {
  const { aliveAtMs, beats = [], silence, break: last, ...rest } = JSON.parse(text) as Stored
  invariant(rest.deploymentId && Number.isFinite(aliveAtMs), 'a stored continuity is whole')
  return {
    deploymentId: rest.deploymentId,
    lineage: rest.lineage,
    highestEvent: rest.highestEvent,
    aliveAt: new Date(aliveAtMs),
    beats: beats.map(([id, atMs]) => ({ id, atMs })),
    ...(silence && { silence: { since: new Date(silence[0]), until: new Date(silence[1]) } }),
    ...(last && {
      break: { since: new Date(last[0]), until: new Date(last[1]), cause: last[2] },
    }),
  }
}
