import { deliveryDesk, findMoney, type Question, resolveId } from '@key0/app-kit'
import {
  type ChallengeStore,
  type Clock,
  type DocumentStore,
  inspectMoney,
  readRefundSwitch,
} from '@key0/core'
import { createDeliveries, type Deliveries } from '@key0/delivery'

/** What the operator's paths look into. */
export type AdminStores = {
  readonly store: ChallengeStore
  readonly documents: DocumentStore
  readonly clock: Clock
}

export type AdminRoute = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** What may be asked besides: of a GET in the query, of a POST in the body. */
  readonly words: readonly string[]
  readonly answer: (ask: Question) => Promise<unknown>
}

type Act = (deliveries: Deliveries, endpoint: string, ask: Question) => Promise<unknown>

/**
 * Each answers what the command of the same purpose prints with `--json`. Money is looked at here
 * and never moved: docs/decisions/0017-an-operator-over-http.md.
 */
export function adminRoutes(stores: AdminStores): readonly AdminRoute[] {
  const deliveries = createDeliveries({ ...stores, nowMs: stores.clock.nowMs })
  const about =
    (act: Act): AdminRoute['answer'] =>
    (ask) =>
      act(deliveries, ask.read('endpoint') ?? '', ask)
  const get = (
    path: string,
    words: readonly string[],
    answer: AdminRoute['answer'],
  ): AdminRoute => ({
    ...{ method: 'GET', path, words, answer },
  })
  const post = (path: string, words: readonly string[], act: Act): AdminRoute => ({
    ...{ method: 'POST', path, words, answer: about(act) },
  })
  const one = '/endpoints/:endpoint'
  const event = `${one}/deliveries/:event`
  const { list, find, log, show, redeliver, redeliverDead, discard, pause, resume } = deliveryDesk
  return [
    get('/endpoints', [], () => list(deliveries)),
    get(`${one}/deliveries`, ['state', 'after', 'limit'], about(find)),
    get(`${one}/attempts`, ['limit'], about(log)),
    get(event, [], about(show)),
    post(`${event}/redeliver`, [], redeliver),
    post(`${event}/discard`, [], discard),
    post(`${one}/redeliver-dead`, ['limit'], redeliverDead),
    post(`${one}/pause`, ['actor', 'reason'], pause),
    post(`${one}/resume`, [], resume),
    get('/money', ['kind', 'older-than', 'payee', 'payer', 'limit', 'offset'], (ask) =>
      findMoney(stores, ask),
    ),
    get('/challenges/:challenge', [], async (ask) =>
      inspectMoney(stores, await resolveId(stores, ask.read('challenge') ?? '')),
    ),
    get('/refunds', [], () => readRefundSwitch(stores)),
  ]
}
