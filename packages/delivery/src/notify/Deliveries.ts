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
  /** @throws DELIVERY_UNKNOWN */
  show(endpoint: string, sequence: number): Promise<DeliveryStory>
  /** The oldest first. @throws DELIVERY_UNKNOWN */
  deadLetters(endpoint: string, limit: number): Promise<readonly DeadLetter[]>
  /** Sends an event once more, a dead letter or one that arrived before. @throws DELIVERY_UNKNOWN */
  redeliver(endpoint: string, sequence: number): Promise<void>
  /** Forgets a dead letter; the event stays in the stream. @throws DELIVERY_UNKNOWN */
  discard(endpoint: string, sequence: number): Promise<void>
  /** Nothing is sent until `resume`; what happens meanwhile waits. @throws DELIVERY_UNKNOWN */
  pause(endpoint: string, order: Order): Promise<void>
  /** @throws DELIVERY_UNKNOWN */
  resume(endpoint: string): Promise<void>
}
