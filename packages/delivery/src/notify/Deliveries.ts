import type { Order } from '@key0/core'
import type { LoggedAttempt } from './deliveryLog.ts'

/** How things stand with one endpoint. */
export type EndpointStatus = {
  readonly endpoint: string
  /** Where it is, without anything secret. */
  readonly address: string
  readonly paused?: { readonly by: string; readonly reason: string; readonly at: string }
  /** Events that were tried, or wait behind one that was, and have not arrived. */
  readonly waiting: number
  /** Events of the stream that no lane has come to yet, at most 10,000 are counted. */
  readonly behind: number
  readonly dead: number
  /** The most failures in a row of any lane; 0 when it takes what it is sent. */
  readonly failures: number
  readonly lastReason?: string
}

/** An event that was given up. */
export type DeadLetter = {
  readonly sequence: number
  readonly challengeId: string
  readonly attempts: number
  readonly reason?: string
  readonly firstAtMs: number
  readonly diedAtMs: number
}

/** Where an event is on its way to one endpoint. */
export const deliveryStates = ['waiting', 'dead', 'delivered'] as const

export type DeliveryState = (typeof deliveryStates)[number]

/** Which events to list: the oldest first, so that the last one of a page begins the next. */
export type DeliveryQuery = {
  /** Default: all. */
  readonly state?: DeliveryState
  /** Only those behind this one; default 0. */
  readonly after?: number
  readonly limit: number
}

/** One event on its way to one endpoint. */
export type DeliverySummary = {
  /** Its place in the stream, by which it is shown and sent again. */
  readonly sequence: number
  /** `digestChallenge` of the challenge's id; absent of what older versions delivered. */
  readonly challenge?: string
  readonly state: DeliveryState
  /** How often it was tried; of one that was sent again, since then. */
  readonly attempts: number
  /** ISO 8601. Waiting: the next attempt, at the earliest; dead: when it was given up. */
  readonly at: string
  /** Why the last attempt failed. */
  readonly reason?: string
}

/** What a redelivery of all dead letters did. */
export type Redelivered = {
  readonly redelivered: number
  /** Whether there are more of them: ask again. */
  readonly isPartial: boolean
}

/** One event and what became of it at one endpoint. */
export type DeliveryStory = {
  readonly sequence: number
  readonly id: string
  readonly challenge: string
  readonly version: number
  readonly type: string
  readonly state: 'delivered' | 'waiting' | 'dead' | 'not reached'
  /** The latest first; the log keeps some thousand attempts. */
  readonly attempts: readonly LoggedAttempt[]
}

/** What an operator does with deliveries, from any process beside the same store. */
export type Deliveries = {
  list(): Promise<readonly EndpointStatus[]>
  /** The latest attempts first. @throws DELIVERY_UNKNOWN for an endpoint nobody registered */
  attempts(endpoint: string, limit: number): Promise<readonly LoggedAttempt[]>
  /**
   * The oldest first. What was delivered is told as far as the log goes back.
   *
   * @throws DELIVERY_UNKNOWN for an endpoint nobody registered
   */
  find(endpoint: string, query: DeliveryQuery): Promise<readonly DeliverySummary[]>
  /** @throws DELIVERY_UNKNOWN */
  show(endpoint: string, sequence: number): Promise<DeliveryStory>
  /** The oldest first. @throws DELIVERY_UNKNOWN */
  deadLetters(endpoint: string, limit: number): Promise<readonly DeadLetter[]>
  /** Sends an event once more, a dead letter or one that arrived before. @throws DELIVERY_UNKNOWN */
  redeliver(endpoint: string, sequence: number): Promise<void>
  /** Sends dead letters once more, the oldest first and at most `limit`. @throws DELIVERY_UNKNOWN */
  redeliverDead(endpoint: string, limit: number): Promise<Redelivered>
  /** Forgets a dead letter; the event stays in the stream. @throws DELIVERY_UNKNOWN */
  discard(endpoint: string, sequence: number): Promise<void>
  /** Nothing is sent until `resume`; what happens meanwhile waits. @throws DELIVERY_UNKNOWN */
  pause(endpoint: string, order: Order): Promise<void>
  /** @throws DELIVERY_UNKNOWN */
  resume(endpoint: string): Promise<void>
}
