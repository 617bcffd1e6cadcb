import { toJson } from '../challenge/recordCodec.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { cancel, inspect, load } from './close.ts'
import { deliver } from './deliver.ts'
import type { Delivered, Engine, PresentedPayment } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import { issue, offer } from './issue.ts'
import { offerOf } from './offerOf.ts'
import { pay, settleFor } from './pay.ts'
import { createSingleFlight } from './singleFlight.ts'
import { submitProof } from './submitProof.ts'

/** Composes the use cases into the one thing every surface calls. */
export function createEngine(ctx: EngineContext): Engine {
  const once = createSingleFlight<Delivered>()
  return {
    catalog: ctx.catalog,
    issue: (request) => named(issue(ctx, request)),
    offer: (request) => named(offer(ctx, request)),
    offerOf: (challenge) => offerOf(challenge, ctx.settings.maxTimeoutSeconds),
    // The key is the whole payment, signature included: a forged copy must not share an answer.
    pay: (payment: PresentedPayment) => once(toJson(payment), () => named(pay(ctx, payment))),
    settle: (payment) => named(settleFor(ctx, payment)),
    deliver: (id) => named(load(ctx, id).then((record) => deliver(ctx, record))),
    submitProof: (transfer) => once(toJson(transfer), () => named(submitProof(ctx, transfer))),
    cancel: (id) => named(cancel(ctx, id)),
    inspect: (id) => named(inspect(ctx, id)),
  }
}

/** Whatever a store or an adapter throws becomes a named error: the caller retries, never signs. */
async function named<result>(work: Promise<result>): Promise<result> {
  try {
    return await work
  } catch (error) {
    if (Key0Error.is(error)) throw error
    throw new Key0Error('STORE_UNAVAILABLE', { cause: error })
  }
}
