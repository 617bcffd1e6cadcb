import { createHash } from 'node:crypto'
import { invariant } from '@key0/core'

/**
 * An endpoint's events go through lanes, each challenge's through one, so that several processes
 * work for one endpoint and the order within a challenge stays. The number is part of what is
 * stored: with another one, events in flight would be passed over.
 */
export const LANES = 4

/** An event that was read from the stream and is not delivered yet. */
export type Parked = {
  readonly sequence: number
  readonly challengeId: string
  readonly attempts: number
  /** When it was first tried; 0: never. */
  readonly firstAtMs: number
  readonly nextAtMs: number
  /** Why the last attempt failed. */
  readonly reason?: string
}

/** How far one lane of one endpoint is. Everything up to `cursor` is delivered or parked. */
export type Lane = {
  /** Rises with every write, so that no two writes are the same. */
  readonly writes: number
  readonly cursor: number
  /** In the order of the stream. */
  readonly parked: readonly Parked[]
  /** Attempts that failed in a row, because of the endpoint and not of what it was sent. */
  readonly failures: number
  /** When the endpoint last took something; 0: never. */
  readonly deliveredAtMs: number
  /** After many of them nothing is tried until then. */
  readonly restUntilMs: number
  /** Chunks of the delivery log that were written. */
  readonly logged: number
  /** Who is at work on it, and until when nobody else may begin. */
  readonly lease?: { readonly holder: string; readonly untilMs: number }
}

export function laneOf(challengeId: string): number {
  return createHash('sha1').update(challengeId).digest().readUInt32BE(0) % LANES
}

export function newLane(cursor: number): Lane {
  return { writes: 0, cursor, parked: [], failures: 0, deliveredAtMs: 0, restUntilMs: 0, logged: 0 }
}

export function decodeLane(text: string): Lane {
  const lane = JSON.parse(text) as Lane
  invariant(Number.isSafeInteger(lane.cursor) && Array.isArray(lane.parked), 'a lane is whole')
  return lane
}

const padded = (count: number): string => `${count}`.padStart(16, '0')

/** The names of the documents that deliveries are kept in. */
export const documentNames = {
  /** Everything that is looked at in every pass. */
  work: (endpoint: string) => `notify/${endpoint}/`,
  control: (endpoint: string) => `notify/${endpoint}/control`,
  lane: (endpoint: string, lane: number) => `notify/${endpoint}/lane/${lane}`,
  /** What an operator asked to be sent again; named so that it comes behind the lanes. */
  allAgain: (endpoint: string) => `notify/${endpoint}/redo/`,
  again: (endpoint: string, lane: number, sequence: number) =>
    `notify/${endpoint}/redo/${lane}/${padded(sequence)}`,
  allDead: (endpoint: string) => `dead/${endpoint}/`,
  dead: (endpoint: string, sequence: number) => `dead/${endpoint}/${padded(sequence)}`,
  allLog: (endpoint: string, lane: number) => `delivery-log/${endpoint}/${lane}/`,
  log: (endpoint: string, lane: number, chunk: number) =>
    `delivery-log/${endpoint}/${lane}/${padded(chunk)}`,
}
