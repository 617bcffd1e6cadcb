import type { ChallengeRecord } from '../challenge/ChallengeRecord.ts'
import { toJson } from '../challenge/recordCodec.ts'
import { Key0Error } from '../errors/Key0Error.ts'
import { cancel, inspect, load } from './close.ts'
import { deliver } from './deliver.ts'
import type { Delivered, Engine, PresentedPayment } from './Engine.ts'
import type { EngineContext } from './EngineContext.ts'
import { createGrantMaker, toDelivered } from './grantMaker.ts'
import { issue, offer, offerAs, offerResource } from './issue.ts'
import { lookUp } from './lookUp.ts'
import { offerOf } from './offerOf.ts'
import { pay, settleFor } from './pay.ts'
import { createResponseMaker, toDeliveredResource } from './responseMaker.ts'
import { createSingleFlight } from './singleFlight.ts'
import { submitProof } from './submitProof.ts'

/** Composes the use cases into the one thing every surface calls. */
export function createEngine(ctx: EngineContext): Engine {
  const once = createSingleFlight<Delivered>()
  const newMaker = () => createGrantMaker(ctx)
  return {
    catalog: ctx.catalog,
    issue: (request) => named(issue(ctx, request)),
    offer: (request) => named(offer(ctx, request)),
    offerResource: (request) => named(offerResource(ctx, request)),
    offerAs: (challenge, request) => named(offerAs(ctx, challenge, request)),
    offerOf: (challenge) => offerOf(challenge, ctx.settings.maxTimeoutSeconds),
    // The key is the whole payment, signature included: a forged copy must not share an answer.
    pay: (payment: PresentedPayment) =>
      once(toJson(payment), () => named(pay(ctx, payment, newMaker()).then(toDelivered))),
    settle: (payment) => named(settleFor(ctx, payment)),
    deliver: (id) =>
      named(
        load(ctx, id)
          .then((record) => deliver(ctx, record, newMaker()))
          .then(toDelivered),
      ),
    submitProof: (transfer) =>
      once(toJson(transfer), () => named(submitProof(ctx, transfer, newMaker()).then(toDelivered))),
    ...createResourceSales(ctx),
    cancel: (id) => named(cancel(ctx, id)),
    inspect: (id) => named(inspect(ctx, id)),
    lookUp: (id, proof) => named(lookUp(ctx, id, proof)),
  }
}

/**
 * Only the settlement is shared by those who present the same payment at once: each brings a
 * backend of its own, the store's lease lets one of them serve, and the others get what it stored.
 */
function createResourceSales(ctx: EngineContext): Pick<Engine, 'payResource' | 'proveResource'> {
  const once = createSingleFlight<ChallengeRecord>()
  return {
    payResource(payment, backend) {
      const maker = createResponseMaker(ctx, backend)
      const settled = once(toJson(payment), () => settleFor(ctx, payment, maker))
      return named(settled.then((record) => deliver(ctx, record, maker)).then(toDeliveredResource))
    },
    proveResource(transfer, backend) {
      const maker = createResponseMaker(ctx, backend)
      return named(submitProof(ctx, transfer, maker).then(toDeliveredResource))
    },
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
