import { Buffer } from 'node:buffer'
import { verifyWebhook, type WebhookEvent } from '../src/exports/index.ts'
import { type Answer, type Backend, startBackend, status } from './backend.ts'

export const secret: string = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

export type Receiver = Backend & {
  /** Every event that was answered with 2xx, in the order of arrival, repetitions too. */
  readonly taken: readonly WebhookEvent[]
  /** What its own check refused. */
  readonly refused: readonly string[]
  /** How it answers from now on. */
  answer: (event: WebhookEvent, arrival: number) => Answer
}

/** A receiver as a careful seller writes it: it believes nothing that it did not verify. */
export async function startReceiver(nowMs: () => number): Promise<Receiver> {
  const taken: WebhookEvent[] = []
  const refused: string[] = []
  const receiver = { taken, refused, answer: (() => status(204)) as Receiver['answer'] }
  let arrivals = 0
  const backend = await startBackend((response, seen) => {
    void verifyWebhook(seen, secret, { nowMs }).then((verified) => {
      if (verified.kind === 'refused') {
        refused.push(verified.reason)
        return response.writeHead(401).end()
      }
      const event = verified.payload as WebhookEvent
      arrivals += 1
      response.on('finish', () => {
        if (response.statusCode >= 200 && response.statusCode <= 299) taken.push(event)
      })
      return receiver.answer(event, arrivals)(response, seen)
    })
  })
  return Object.assign(receiver, backend)
}

/** What first arrived of each event, by challenge: the versions in order of arrival. */
export function firstArrivals(taken: readonly WebhookEvent[]): Map<string, number[]> {
  const known = new Set<string>()
  const versions = new Map<string, number[]>()
  for (const { idempotencyKey, version, data } of taken) {
    if (known.has(idempotencyKey)) continue
    known.add(idempotencyKey)
    versions.set(data.challenge, [...(versions.get(data.challenge) ?? []), version])
  }
  return versions
}
